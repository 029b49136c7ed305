//! What AWS sends is read as what it is: the samples of its documentation with fictional accounts, and odd ones.
#![expect(clippy::unwrap_used, reason = "tests")]

use coc::domain::aws::{Alarm, AlarmState, Finding, HealthEvent, Shape, Told, read};
use proptest::prelude::*;
use serde_json::{Value, json};

fn payload(name: &str) -> String {
    let path = format!("{}/tests/payloads/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

fn json_of(name: &str) -> Value {
    serde_json::from_str(&payload(name)).unwrap()
}

fn alarm(text: &str) -> Alarm {
    match read(None, text) {
        Ok(Told::Alarm(alarm)) => alarm,
        other => panic!("{text}\n{other:?}"),
    }
}

fn finding(text: &str) -> Finding {
    match read(None, text) {
        Ok(Told::Finding(finding)) => finding,
        other => panic!("{text}\n{other:?}"),
    }
}

fn health(text: &str) -> HealthEvent {
    match read(None, text) {
        Ok(Told::Health(event)) => event,
        other => panic!("{text}\n{other:?}"),
    }
}

fn account(id: Option<&coc::domain::ids::AccountId>) -> String {
    id.map(ToString::to_string).unwrap_or_default()
}

fn clock(at: Option<coc::domain::time::Time>) -> String {
    at.map(|at| at.format("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default()
}

#[test]
fn an_alarm_over_one_metric() {
    let one = alarm(&payload("cloudwatch-metric.json"));
    assert_eq!(one.name, "[L3] prod-web-1 CPU");
    assert_eq!(one.description, "웹 서버 CPU 90% 이상");
    assert_eq!(account(one.account.as_ref()), "210987654321");
    assert_eq!(one.region, "ap-northeast-2");
    assert_eq!(one.state, AlarmState::Alarm);
    assert!(one.reason.starts_with("Threshold Crossed"));
    assert_eq!(clock(one.at), "2025-08-05 22:03:27");
    assert_eq!(one.metric.namespace, "AWS/EC2");
    assert_eq!(one.metric.name, "CPUUtilization");
    assert_eq!(one.metric.dimensions, ["AutoScalingGroupName=web", "InstanceId=i-0abc"]);

    // the samples of the documentation have words where an ARN has region and account
    let two = alarm(&payload("cloudwatch-placeholders.json"));
    assert_eq!(account(two.account.as_ref()), "123456789012");
    assert_eq!(two.region, "EXAMPLE");
    assert_eq!(clock(two.at), "2015-06-04 02:43:27");
}

#[test]
fn alarms_over_expressions_and_other_alarms() {
    let math = alarm(&payload("cloudwatch-math.json"));
    assert_eq!(math.region, "ap-northeast-1");
    assert_eq!(math.metric.namespace, "");
    assert_eq!(
        math.metric.name,
        "m1/m2*100 (m1=AWS/ApplicationELB HTTPCode_Target_5XX_Count, m2=AWS/ApplicationELB RequestCount)"
    );
    assert_eq!(math.metric.dimensions, ["LoadBalancer=app/api/1"]);

    let band = alarm(&payload("cloudwatch-anomaly.json"));
    assert_eq!(band.metric.namespace, "AWS/RDS");
    assert_eq!(band.metric.name, "DatabaseConnections");
    assert_eq!(band.metric.dimensions, ["DBInstanceIdentifier=prod-db"]);

    let composite = alarm(&payload("cloudwatch-composite.json"));
    assert_eq!(composite.metric.name, "ALARM(prod-web) AND ALARM(prod-db)");
    assert!(composite.metric.dimensions.is_empty());
}

#[test]
fn the_account_of_the_topic_is_not_the_alarms() {
    let tiny = alarm(&payload("cloudwatch-tiny.json"));
    assert_eq!((tiny.name.as_str(), tiny.description.as_str()), ("cpu", "한글 설명"));
    assert_eq!(tiny.account, None);
    assert_eq!(tiny.region, "");
    assert_eq!(tiny.at, None);
    // the same in SNS's envelope, pasted as it came
    assert_eq!(alarm(&payload("sns-envelope.json")), tiny);
    let mut by_arn = json_of("cloudwatch-tiny.json");
    by_arn["AlarmArn"] = json!("arn:aws:cloudwatch:ap-northeast-2:310000000008:alarm:cpu");
    let by_arn = alarm(&by_arn.to_string());
    assert_eq!(account(by_arn.account.as_ref()), "310000000008");
    assert_eq!(by_arn.region, "ap-northeast-2");
}

#[test]
fn an_alarm_as_an_event() {
    let one = alarm(&payload("cloudwatch-event.json"));
    assert_eq!(one.name, "live-db memory");
    assert_eq!(one.description, "DB 여유 메모리 부족");
    assert_eq!(account(one.account.as_ref()), "210987654321");
    assert_eq!(one.region, "ap-northeast-2");
    assert_eq!(clock(one.at), "2025-08-05 22:03:27");
    assert_eq!(one.metric.name, "FreeableMemory");
    assert_eq!(one.metric.dimensions, ["DBInstanceIdentifier=live-db", "Role=WRITER"]);

    let mut ok = json_of("cloudwatch-event.json");
    ok["detail"]["state"]["value"] = json!("OK");
    assert_eq!(alarm(&ok.to_string()).state, AlarmState::Ok);
    ok["detail"]["state"]["value"] = json!("INSUFFICIENT_DATA");
    assert_eq!(alarm(&ok.to_string()).state, AlarmState::InsufficientData);

    let mut changed = json_of("cloudwatch-event.json");
    changed["detail-type"] = json!("CloudWatch Alarm Configuration Change");
    let why = read(None, &changed.to_string()).unwrap_err().to_string();
    assert!(why.contains("CloudWatch Alarm Configuration Change"), "{why}");
}

#[test]
fn an_alarm_as_a_mail() {
    let mail = payload("cloudwatch-mail.txt");
    let one = alarm(&mail);
    assert_eq!(one.name, "[L2] prod-web-1 CPU");
    assert_eq!(one.description, "웹 서버 CPU");
    assert_eq!(account(one.account.as_ref()), "210987654321");
    assert_eq!(one.region, "ap-northeast-2");
    assert_eq!(one.state, AlarmState::Alarm);
    assert_eq!(clock(one.at), "2025-08-05 22:03:27");
    assert_eq!(one.metric.namespace, "AWS/EC2");
    assert_eq!(one.metric.name, "CPUUtilization");
    assert_eq!(one.metric.dimensions, ["InstanceId=i-0abc"]);
    // the same alarm by mail and by SNS is the same metric
    let json = alarm(&payload("cloudwatch-metric.json"));
    assert_eq!(one.metric.name, json.metric.name);

    let over = mail
        .replace("has entered the ALARM state", "is returning to the OK state")
        .replace("OK -> ALARM\n- Reason", "ALARM -> OK\n- Reason");
    assert_eq!(alarm(&over).state, AlarmState::Ok);
    // as Slack escapes it
    let escaped = over.replace("ALARM -> OK", "ALARM -&gt; OK");
    assert_eq!(alarm(&escaped).state, AlarmState::Ok);

    // a mail without its account: that of the topic beneath is another's
    let bare: String =
        mail.lines().filter(|line| !line.contains("210987654321")).collect::<Vec<_>>().join("\n");
    assert_eq!(alarm(&bare).account, None);
}

#[test]
fn an_alarm_by_its_subject_alone_or_as_a_chat_post() {
    let subject = "ALARM: \"cpu\" in Asia Pacific (Seoul)";
    match read(Some(subject), "무엇인가 울렸습니다").unwrap() {
        Told::Alarm(one) => {
            assert_eq!((one.name.as_str(), one.region.as_str()), ("cpu", "ap-northeast-2"));
            assert_eq!(one.state, AlarmState::Alarm);
        }
        other @ (Told::Finding(_) | Told::Health(_)) => panic!("{other:?}"),
    }
    let post = ":rotating_light: *CloudWatch Alarm | OK-shop CPU | ap-northeast-2 | Account: 310000000001*\nThreshold Crossed: 1 datapoint";
    let one = alarm(post);
    assert_eq!(one.name, "OK-shop CPU");
    assert_eq!(account(one.account.as_ref()), "310000000001");
    assert_eq!(one.state, AlarmState::Alarm);
    let over = post.replace(":rotating_light:", ":white_check_mark:");
    assert_eq!(alarm(&over).state, AlarmState::Ok);
    // Slack takes twelve digits for a telephone number
    let linked = post.replace("310000000001", "<tel:310000000001|310000000001>");
    assert_eq!(account(alarm(&linked).account.as_ref()), "310000000001");
}

#[test]
fn what_is_nearly_an_alarm_is_told_by_what_it_lacks() {
    for (lost, text) in [
        ("AlarmName", json!({"AlarmName": "", "NewStateValue": "ALARM"})),
        ("NewStateValue", json!({"AlarmName": "cpu"})),
        ("BROKEN", json!({"AlarmName": "cpu", "NewStateValue": "BROKEN"})),
        ("alarmName", json!({"source": "aws.cloudwatch", "detail": {}})),
        ("state.value", json!({"source": "aws.cloudwatch", "detail": {"alarmName": "cpu"}})),
        ("severity", json!({"source": "aws.guardduty", "detail": {"type": "Recon:EC2/Portscan"}})),
        ("type", json!({"source": "aws.guardduty", "detail": {"severity": 8}})),
        ("detail", json!({"source": "aws.guardduty"})),
        ("eventArn", json!({"source": "aws.health", "detail": {"eventTypeCode": "X"}})),
        (
            "EC2 Instance State",
            json!({"source": "aws.ec2", "detail-type": "EC2 Instance State-change"}),
        ),
    ] {
        let why = read(None, &text.to_string()).unwrap_err().to_string();
        assert!(why.contains(lost), "{text}: {why}");
    }
    for text in ["", "   ", "안녕하십니까", "{\"AlarmName\": ", "[]", "null", "42", "Hello world!"]
    {
        assert!(read(None, text).is_err(), "{text}");
    }
}

#[test]
fn findings_as_json() {
    let high = finding(&payload("guardduty-event.json"));
    assert_eq!(high.id, "eeb88ab56556eb7771b266670dddee5a");
    assert_eq!(account(high.account.as_ref()), "310000000002");
    assert_eq!(high.kind, "PrivilegeEscalation:IAMUser/AdministrativePermissions");
    assert!((high.severity - 8.0).abs() < f64::EPSILON);
    assert!(!high.sample);
    assert_eq!((high.count, high.shape), (1, Shape::Json));
    assert_eq!(clock(high.updated), "2025-08-05 22:02:22");

    let low = finding(&payload("guardduty-finding.json"));
    assert_eq!(
        (account(low.account.as_ref()).as_str(), low.region.as_str()),
        ("210987654321", "us-east-1")
    );
    assert!((low.severity - 1.0).abs() < f64::EPSILON);

    for (severity, expected) in [
        (json!(8.9), 8.9),
        (json!("8"), 8.0),
        (json!("7.0"), 7.0),
        (json!("HIGH"), 7.0),
        (json!("Low"), 1.0),
    ] {
        let mut one = json_of("guardduty-finding.json");
        one["severity"] = severity;
        assert!((finding(&one.to_string()).severity - expected).abs() < f64::EPSILON, "{one}");
    }
    for odd in [json!("sehr hoch"), json!(-3), json!(0), json!("NaN"), json!(400)] {
        let mut one = json_of("guardduty-finding.json");
        one["severity"] = odd;
        assert!(read(None, &one.to_string()).is_err(), "{one}");
    }
    for sample in [
        json!({"sample": true}),
        json!({"sample": "true"}),
        json!({"value": "{\"sample\":true}", "type": "default"}),
    ] {
        let mut one = json_of("guardduty-finding.json");
        one["service"]["additionalInfo"] = sample;
        assert!(finding(&one.to_string()).sample, "{one}");
    }
    // as `aws guardduty get-findings` prints it
    let printed = json!({"Findings": [{"AccountId": "310000000005", "Id": "5a", "Region": "ap-northeast-2", "Severity": 5,
        "Type": "Recon:EC2/Portscan", "Service": {"Count": "3", "ServiceName": "guardduty"}}]});
    let printed = finding(&printed.to_string());
    assert_eq!((printed.id.as_str(), printed.count), ("5a", 3));
}

#[test]
fn findings_in_plain_words() {
    let korean = finding(&payload("guardduty-plain.txt"));
    assert_eq!(account(korean.account.as_ref()), "210987654321");
    assert_eq!(korean.region, "ap-northeast-2");
    assert_eq!(korean.kind, "UnauthorizedAccess:EC2/SSHBruteForce");
    assert!((korean.severity - 8.0).abs() < f64::EPSILON);
    assert_eq!(korean.shape, Shape::Plain);
    // an id that the words make, the same one each time
    assert_eq!(korean.id, finding(&payload("guardduty-plain.txt")).id);
    assert!(korean.id.starts_with("words-"));
    assert_ne!(korean.id, finding(&payload("guardduty-plain.txt").replace("i-0abc", "i-0abd")).id);

    let docs = finding(&payload("guardduty-plain-docs.txt"));
    assert_eq!(docs.id, "eeb88ab56556eb7771b266670dddee5a");
    assert_eq!(docs.kind, "Backdoor:EC2/C&CActivity.B!DNS");
    assert!((docs.severity - 7.5).abs() < f64::EPSILON);
    assert_eq!(account(docs.account.as_ref()), "310000000004");

    for (text, kind, severity, whose, region) in [
        (
            "You have a severity 8 GuardDuty finding type UnauthorizedAccess:EC2/SSHBruteForce in the us-east-1 region.",
            "UnauthorizedAccess:EC2/SSHBruteForce",
            8.0,
            "",
            "us-east-1",
        ),
        (
            "GuardDuty Alert\nAccount: 310000000005\nRegion: ap-northeast-2\nSeverity: 2\nFinding type: Recon:EC2/PortProbeUnprotectedPort",
            "Recon:EC2/PortProbeUnprotectedPort",
            2.0,
            "310000000005",
            "ap-northeast-2",
        ),
        (
            "*Severity*: High (8.5)\n*Type*: CryptoCurrency:EC2/BitcoinTool.B!DNS\n*Account ID*: `310000000005`\nRegion: Asia Pacific (Seoul)",
            "CryptoCurrency:EC2/BitcoinTool.B!DNS",
            8.5,
            "310000000005",
            "ap-northeast-2",
        ),
        (
            "GuardDuty 심각도: 높음, 유형 Trojan:EC2/DNSDataExfiltration, 계정 310000000005",
            "Trojan:EC2/DNSDataExfiltration",
            7.0,
            "310000000005",
            "",
        ),
        (
            "A HIGH severity finding Trojan:EC2/DNSDataExfiltration. arn:aws:sns:ap-northeast-2:999999999999:topic",
            "Trojan:EC2/DNSDataExfiltration",
            7.0,
            "",
            "ap-northeast-2",
        ),
    ] {
        let one = finding(text);
        assert_eq!(one.kind, kind, "{text}");
        assert!((one.severity - severity).abs() < f64::EPSILON, "{text}: {}", one.severity);
        assert_eq!(account(one.account.as_ref()), whose, "{text}");
        assert_eq!(one.region, region, "{text}");
    }
    // a few fields, picked out by an input transformer
    let picked = json!({"Account_ID": "310000000005", "severity": 8.2, "Finding_Type": "Trojan:EC2/DNSDataExfiltration",
        "region": "ap-northeast-2"});
    let picked = finding(&picked.to_string());
    assert_eq!(account(picked.account.as_ref()), "310000000005");
    assert!((picked.severity - 8.2).abs() < f64::EPSILON);
    let quoted = serde_json::to_string(&payload("guardduty-plain.txt")).unwrap();
    assert_eq!(finding(&quoted).kind, "UnauthorizedAccess:EC2/SSHBruteForce");
    // which of two accounts is meant, nobody can say
    let two = "GuardDuty severity 8 Trojan:EC2/DNSDataExfiltration 310000000005 310000000004";
    assert_eq!(finding(two).account, None);
    for nearly in
        ["GuardDuty 점검 예정입니다", "GuardDuty 유형 Trojan:EC2/DNSDataExfiltration 이 있습니다"]
    {
        assert!(read(None, nearly).unwrap_err().to_string().contains("GuardDuty"), "{nearly}");
    }
}

#[test]
fn health_events() {
    let one = health(&payload("health-retirement.json"));
    // whose it is and where says the detail, not the bus that it came over
    assert_eq!(account(one.account.as_ref()), "310000000001");
    assert_eq!(one.region, "ap-northeast-2");
    assert_eq!(
        (one.category.as_str(), one.scope.as_str()),
        ("scheduledChange", "ACCOUNT_SPECIFIC")
    );
    assert_eq!(one.communication, "1234abc01232a4012345678-1");
    assert_eq!(clock(one.start), "2026-08-27 22:19:03");
    assert_eq!(one.end, None);
    assert_eq!((one.page, one.pages, one.backup), (1, 1, false));
    assert_eq!(
        one.entities,
        ["arn:aws:ec2:ap-northeast-2:310000000001:instance/i-1234567890abcdef0"]
    );

    let issue = health(&payload("health-issue.json"));
    assert_eq!((issue.category.as_str(), issue.scope.as_str()), ("issue", "PUBLIC"));
    assert_eq!((issue.region.as_str(), issue.status.as_str()), ("af-south-1", "open"));
    assert_eq!(clock(issue.end), "2023-01-27 18:01:22");
    assert!(issue.description.contains("[RESOLVED]"));

    let mut odd = json_of("health-retirement.json");
    odd["detail"]["page"] = json!(2);
    odd["detail"]["totalPages"] = json!("3");
    odd["detail"]["backupEvent"] = json!("true");
    odd["detail"]["startTime"] = json!("Thu, 27 Jan 2026 13:44:13 GMT");
    odd["detail"]["eventRegion"] = Value::Null;
    odd["detail"]["affectedAccount"] = Value::Null;
    let odd = health(&odd.to_string());
    assert_eq!((odd.page, odd.pages, odd.backup), (2, 3, true));
    assert_eq!(clock(odd.start), "2026-01-27 22:44:13");
    assert_eq!(
        (account(odd.account.as_ref()).as_str(), odd.region.as_str()),
        ("999999999999", "us-west-2")
    );
    // over SNS, and pasted with words around it
    let pasted = format!("받은 메일입니다:\n```{}```\n확인 바랍니다", payload("health-issue.json"));
    assert_eq!(health(&pasted), issue);
}

fn any_json() -> impl Strategy<Value = Value> {
    let names = prop::sample::select(vec![
        "AlarmName",
        "NewStateValue",
        "Trigger",
        "Metrics",
        "MetricStat",
        "Metric",
        "Dimensions",
        "name",
        "value",
        "detail",
        "detail-type",
        "source",
        "severity",
        "type",
        "id",
        "service",
        "additionalInfo",
        "eventArn",
        "eventTypeCode",
        "eventTypeCategory",
        "page",
        "totalPages",
        "StateChangeTime",
        "startTime",
        "Message",
        "Type",
        "alarmName",
        "state",
        "configuration",
        "AWSAccountId",
        "affectedEntities",
        "eventDescription",
        "Tags",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,30}".prop_map(Value::from),
        prop::sample::select(vec![
            "ALARM",
            "aws.cloudwatch",
            "aws.guardduty",
            "aws.health",
            "GuardDuty Finding",
            "Notification",
            "Recon:EC2/Portscan",
            "arn:aws:health:x",
            "Thu, 99 Jan 2026 13:44:13 GMT",
            "9999-12-31T23:59:59Z",
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((names.clone(), inner), 0..8).prop_map(|all| all
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect::<Value>()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_is_too_odd(subject in proptest::option::of(".{0,80}"), text in "\\PC{0,400}") {
        let _ = read(subject.as_deref(), &text);
    }

    #[test]
    fn no_json_is_too_odd(json in any_json()) {
        let _ = read(None, &json.to_string());
    }

    #[test]
    fn a_sample_cut_anywhere_is_no_accident(which in 0_usize..6, cut in 0_usize..2_500) {
        let name = ["cloudwatch-metric.json", "cloudwatch-mail.txt", "guardduty-event.json", "guardduty-plain.txt",
            "guardduty-plain-docs.txt", "health-issue.json"][which];
        let whole: String = payload(name).chars().take(cut).collect();
        let _ = read(None, &whole);
    }
}
