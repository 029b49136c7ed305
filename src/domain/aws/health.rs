//! AWS Health events as EventBridge sends them.

use super::super::words::aws as words;
use super::parts::{
    MOST, account_at, at, bounded, field, flag_at, of_arn, region, text_at, time_at, whole_at,
};
use super::{HealthEvent, Unread};
use serde_json::Value;

/// Reads it; `None` when it is something else.
pub(super) fn of_json(json: &Value) -> Option<Result<HealthEvent, Unread>> {
    let by_source = text_at(json, &["source"]).is_some_and(|source| source == "aws.health");
    let by_kind =
        text_at(json, &["detail-type"]).is_some_and(|kind| kind.starts_with("AWS Health"));
    let detail = field(json, "detail").unwrap_or(json);
    let by_fields = field(detail, "eventArn").is_some() && field(detail, "eventTypeCode").is_some();
    (by_source || by_kind || by_fields).then(|| of_event(json, detail))
}

fn of_event(json: &Value, detail: &Value) -> Result<HealthEvent, Unread> {
    let needed = |name: &str| {
        text_at(detail, &[name]).ok_or_else(|| Unread(words::lacks("AWS Health", name)))
    };
    let arn = needed("eventArn")?;
    let code = needed("eventTypeCode")?;
    let category = needed("eventTypeCategory")?;
    let (arn_region, _) = of_arn(&arn);
    // older and abuse events bear no communication id: what tells one communication from the next is when it was written
    let communication = text_at(detail, &["communicationId"]).unwrap_or_else(|| {
        let written = text_at(detail, &["lastUpdatedTime"]).or_else(|| text_at(json, &["time"]));
        format!("{arn} {}", written.unwrap_or_default())
    });
    let number = |name| {
        whole_at(detail, &[name])
            .and_then(|n| u32::try_from(n).ok())
            .filter(|n| *n > 0)
            .unwrap_or(1)
    };
    let page = number("page");
    Ok(HealthEvent {
        service: text_at(detail, &["service"]).unwrap_or_default(),
        scope: text_at(detail, &["eventScopeCode"]).unwrap_or_default(),
        account: account_at(detail, &["affectedAccount"])
            .or_else(|| account_at(json, &["account"])),
        region: text_at(detail, &["eventRegion"])
            .or_else(|| text_at(json, &["region"]))
            .map(|one| region(&one))
            .or(arn_region)
            .unwrap_or_default(),
        status: text_at(detail, &["statusCode"]).unwrap_or_default().to_ascii_lowercase(),
        start: time_at(detail, &["startTime"]),
        end: time_at(detail, &["endTime"]),
        updated: time_at(detail, &["lastUpdatedTime"]).or_else(|| time_at(json, &["time"])),
        description: description_of(detail),
        entities: entities_of(detail),
        pages: number("totalPages").max(page),
        backup: flag_at(detail, &["backupEvent"]),
        page,
        arn,
        communication,
        code,
        category,
    })
}

/// In the language that AWS always writes, else in the first that there is.
fn description_of(detail: &Value) -> String {
    let Some(Value::Array(all)) = field(detail, "eventDescription") else {
        return text_at(detail, &["eventDescription"]).unwrap_or_default();
    };
    let english = all
        .iter()
        .find(|one| text_at(one, &["language"]).is_some_and(|language| language.starts_with("en")));
    let said = english.or_else(|| all.first());
    said.and_then(|one| text_at(one, &["latestDescription"])).unwrap_or_default()
}

fn entities_of(detail: &Value) -> Vec<String> {
    let Some(Value::Array(all)) = at(detail, &["affectedEntities"]) else { return Vec::new() };
    let name = |one: &Value| match one.as_str() {
        Some(text) => Some(bounded(text)),
        None => text_at(one, &["entityValue"]),
    };
    all.iter().filter_map(name).take(MOST).collect()
}
