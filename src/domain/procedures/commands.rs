//! Slash commands and their forms: `/assign`, `/leave`, `/coc …`.

use super::super::desk::Room;
use super::super::errand::{ErrandKind, Urgency};
use super::super::ids::{CaseId, Name, SlackUser, TicketLink};
use super::super::input::ReplyTo;
use super::super::message::{Answer, FieldError};
use super::super::people::order::{msp_order, urgent_order};
use super::super::text::{mark, pattern, read, ticket_link};
use super::super::turn::{Token, Turn};
use super::super::words;
use super::absences::Entered;
use super::{
    absences, accounts, assignment, board, climate, contacts, coverage, drill, duty, incident,
    inquiry, list, mail, offboard, onboard, reports, setup, stray, urgent,
};
use regex::Regex;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A slash command as typed.
#[derive(Debug)]
pub(in crate::domain) struct Typed<'a> {
    pub(in crate::domain) by: &'a SlackUser,
    pub(in crate::domain) command: &'a str,
    pub(in crate::domain) text: &'a str,
    pub(in crate::domain) trigger: &'a str,
    pub(in crate::domain) reply: &'a ReplyTo,
}

/// The commands that are answered today, by name; the manifest lists more that answer so too.
pub(in crate::domain) fn commanded(turn: &mut Turn<'_>, typed: &Typed<'_>) {
    match typed.command {
        "/assign" => assign(turn, typed),
        "/leave" => leave(turn, typed),
        "/offboard" => offboard::commanded(turn, typed),
        "/onboard" => onboard::commanded(turn, typed),
        "/call" => inquiry::commanded(turn, typed),
        "/coc" => coc(turn, typed),
        other => turn.tell(typed.by, typed.reply, words::commands::unknown_command(other)),
    }
}

fn coc(turn: &mut Turn<'_>, typed: &Typed<'_>) {
    let desk = turn.desk;
    let text = read(typed.text).words;
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((&text, ""));
    let rest = rest.trim();
    let message = match word.to_lowercase().as_str() {
        "" | "help" | "도움말" => words::commands::help(),
        "order" | "순서" => coverage::asked(turn, rest).unwrap_or_else(|| order(turn, rest)),
        "why" | "이유" => match rest.trim_start_matches('#').parse::<u64>().map(CaseId) {
            Ok(id) if desk.cases.contains_key(&id) => words::commands::why(desk, id, turn.now),
            Ok(id) => words::commands::no_such_case(id),
            Err(_) => words::commands::case_number_missing(rest),
        },
        "cases" | "사건" => words::commands::cases(desk, turn.now),
        "health" | "상태" | "헬스" => words::outage::health(desk, turn.now),
        "alarm" | "알람" => return alarm(turn, typed, &text),
        "alarms" | "알람목록" => alarms(turn, rest),
        "account" | "계정" => return accounts::commanded(turn, typed, rest),
        "contact" | "연락처" => contacts::asked(turn.desk, rest),
        "report" | "보고" => return reports::commanded(turn, typed, rest),
        "room" | "온도" => return climate::commanded(turn, typed, rest),
        "duty" | "근무" => return duty::commanded(turn, typed, rest),
        "handover" | "인수인계" => return duty::handover(turn, typed),
        "drill" | "훈련" => return drill::commanded(turn, typed, rest),
        "board" | "관제화면" => return board::commanded(turn, typed),
        "done" | "완료" => return done(turn, typed, rest),
        "leave" | "부재" => {
            let text = typed.text.trim_start().split_once(char::is_whitespace);
            return leave(turn, &Typed { text: text.map_or("", |(_, rest)| rest), ..*typed });
        }
        "setup" | "관제구성" => {
            let text = typed.text.trim_start().split_once(char::is_whitespace);
            return setup::commanded(turn, typed, text.map_or("", |(_, rest)| rest));
        }
        "guide" | "가이드" => {
            if !desk.holds(typed.by, &desk.policy.value.roles.guide) {
                return turn.tell(typed.by, typed.reply, words::urgent::coc_only());
            }
            let kind = ErrandKind::ReadGuide { by: typed.by.clone(), reply: typed.reply.clone() };
            turn.owe(None, Urgency::Answer, kind);
            return;
        }
        other => words::commands::unknown_word(other),
    };
    turn.tell(typed.by, typed.reply, message);
}

fn order(turn: &Turn<'_>, customer: &str) -> super::super::message::Message {
    let desk = turn.desk;
    let (roster, policy) = (&desk.roster.value, &desk.policy.value);
    let record = desk.customers.value.find(customer);
    let order = match record {
        None if !customer.is_empty() => {
            return words::refused(
                words::urgent::unknown_customer(desk, customer),
                "예: /coc order 한빛전자",
            );
        }
        Some(one) if one.runs_msp_chain() => msp_order(roster, one, policy),
        Some(_) | None => urgent_order(roster, policy),
    };
    let (available, skipped) = order.available(roster, &desk.leaves, turn.now);
    let rows: Vec<_> =
        available.into_iter().map(|one| (one, urgent::own_doubts(desk, one, turn.now))).collect();
    let mut message = words::commands::order(record, &rows, &skipped, &order.warnings, turn.now);
    if record.is_some() {
        message.lines.extend(words::services::basis(desk, turn.now, false));
    }
    message
}

/// `/coc alarm`: what came by mail or telephone.
fn alarm(turn: &mut Turn<'_>, typed: &Typed<'_>, text: &str) {
    let desk = turn.desk;
    if !desk.holds(typed.by, &desk.policy.value.roles.alarm) {
        return turn.tell(typed.by, typed.reply, words::incident::not_allowed());
    }
    let rest = text.split_once(char::is_whitespace).map_or("", |(_, rest)| rest).trim();
    if rest.is_empty() {
        return turn.open_form(typed.by, typed.trigger, words::stray::form(None, ""));
    }
    let (line, more) = rest.split_once('\n').unwrap_or((rest, ""));
    let parts: Vec<&str> = line.split_whitespace().collect();
    // a customer's name may have several words; the rest is the alarm's
    let known = |upto: &usize| {
        let name = parts[..*upto].join(" ");
        desk.customers.value.find(name.trim_matches(['[', ']'])).is_some()
    };
    let upto = (1..=parts.len().min(CUSTOMER_WORDS)).rev().find(known).unwrap_or(1);
    let entered = stray::Entered {
        customer: parts[..upto].join(" ").trim_matches(['[', ']']).to_owned(),
        alarm: parts[upto..].join(" "),
        level: None,
        text: more.trim().to_owned(),
    };
    let message = match stray::typed(turn, &entered) {
        Ok(message) => message,
        Err(errors) => {
            let form = words::stray::form(None, "");
            words::commands::field_errors(&form, words::stray::example(), &errors)
        }
    };
    turn.tell(typed.by, typed.reply, message);
}

/// The longest name of a customer in words.
const CUSTOMER_WORDS: usize = 4;

/// `/coc alarms`: what was recorded and called nobody.
fn alarms(turn: &Turn<'_>, customer: &str) -> super::super::message::Message {
    let desk = turn.desk;
    let record = desk.customers.value.find(customer);
    if record.is_none() && !customer.is_empty() {
        return words::stray::unknown(words::urgent::unknown_customer(desk, customer));
    }
    let name = record.map(|record| record.name.as_str());
    words::stray::recorded(name, desk.alarms.recorded(), turn.now)
}

fn done(turn: &mut Turn<'_>, typed: &Typed<'_>, rest: &str) {
    let desk = turn.desk;
    let ticket = match ticket_link(rest) {
        Ok(ticket) => ticket,
        Err(read) => {
            let message = words::refused(
                words::urgent::ticket_missing(&read),
                "예: /coc done https://support.example.com/agent/tickets/4242",
            );
            return turn.tell(typed.by, typed.reply, message);
        }
    };
    let assigned = desk.assignment_of(&ticket).map(|(id, one)| (id, one.assignee()));
    let held = assigned.or_else(|| urgent::taken_with(desk, &ticket));
    let Some((id, holder)) = held else {
        return turn.tell(typed.by, typed.reply, words::commands::no_such_ticket(&ticket));
    };
    let own = holder == Some(&desk.name_of(typed.by));
    if !own && !desk.holds(typed.by, &desk.policy.value.roles.assign) {
        return turn.tell(typed.by, typed.reply, words::commands::not_own_ticket());
    }
    if assigned.is_some() {
        assignment::done(turn, id, typed.by);
    } else {
        urgent::done(turn, id, typed.by);
    }
    turn.tell(typed.by, typed.reply, words::commands::ticket_done(&ticket));
}

static AT_WORD: LazyLock<Regex> = LazyLock::new(|| pattern(r"@\S+|\x02[^\x03]*\x03"));

/// What `/assign` was told.
struct AssignAsked {
    customer: String,
    ticket: Result<TicketLink, String>,
    /// Who was named, and how it was written.
    to: Option<(Option<Name>, String)>,
}

fn assign(turn: &mut Turn<'_>, typed: &Typed<'_>) {
    let desk = turn.desk;
    if !desk.holds(typed.by, &desk.policy.value.roles.assign) {
        return turn.tell(typed.by, typed.reply, words::commands::assign_wrong_role());
    }
    if typed.text.trim().is_empty() {
        return turn.open_form(typed.by, typed.trigger, words::commands::assign_form());
    }
    let reading = read(typed.text);
    let mut rest = reading.words.clone();
    for link in &reading.links {
        rest = rest.replace(link.as_str(), " ");
    }
    let written = AT_WORD.find(&rest).map(|found| found.as_str().to_owned());
    let to = written.map(|written| {
        let known = assignment::mentioned(desk, &reading).into_iter().next();
        let shown = known.as_ref().map_or_else(|| written.clone(), |name| format!("@{name}"));
        (known.filter(|name| desk.roster.value.person(name).is_some()), shown)
    });
    for user in &reading.users {
        rest = rest.replace(&mark(&user.0), " ");
    }
    let customer = AT_WORD.replace_all(&rest, " ").replace(['[', ']'], " ");
    let mut words: Vec<&str> = customer.split_whitespace().collect();
    let ticket = match reading.links.first() {
        Some(link) => ticket_link(link),
        // what stands behind a customer's name was meant as the ticket
        None if words.len() > 1
            && desk.customers.value.find(&words.join(" ")).is_none()
            && desk.customers.value.find(&words[..words.len() - 1].join(" ")).is_some() =>
        {
            Err(words.pop().unwrap_or_default().to_owned())
        }
        None => Err(String::new()),
    };
    let customer = words.join(" ");
    let asked = AssignAsked { customer, ticket, to };
    match check_assign(turn, &asked) {
        Ok((customer, ticket, to)) => {
            let message = assign_checked(turn, customer, ticket, to);
            turn.tell(typed.by, typed.reply, message);
        }
        Err(errors) => {
            let message = words::commands::field_errors(
                &words::commands::assign_form(),
                "/assign 한빛전자 https://support.example.com/agent/tickets/4243 @다솜윤",
                &errors,
            );
            turn.tell(typed.by, typed.reply, message);
        }
    }
}

fn check_assign(
    turn: &Turn<'_>,
    asked: &AssignAsked,
) -> Result<(String, TicketLink, Option<Name>), Vec<FieldError>> {
    let desk = turn.desk;
    let mut errors = Vec::new();
    let mut wrong = |key: &str, text: String| errors.push(FieldError { key: key.to_owned(), text });
    let customer = desk.customers.value.find(&asked.customer).map(|one| one.name.clone());
    if customer.is_none() {
        wrong(
            "customer",
            if asked.customer.is_empty() {
                "없습니다. 예: 한빛전자".to_owned()
            } else {
                words::urgent::unknown_customer(desk, &asked.customer)
            },
        );
    }
    if let Err(read) = &asked.ticket {
        wrong("ticket", words::commands::bad_ticket(read));
    }
    let to = match &asked.to {
        None => None,
        Some((Some(name), _)) => Some(name.clone()),
        Some((None, written)) => {
            wrong("to", words::assignment::unknown_person(written));
            None
        }
    };
    match (customer, &asked.ticket) {
        (Some(customer), Ok(ticket)) if errors.is_empty() => Ok((customer, ticket.clone(), to)),
        _ => Err(errors),
    }
}

fn assign_checked(
    turn: &mut Turn<'_>,
    customer: String,
    ticket: TicketLink,
    to: Option<Name>,
) -> super::super::message::Message {
    let now = turn.now;
    let warning = to.as_ref().and_then(|who| {
        assignment::absence_of(turn.desk, who, now)
            .map(|absence| words::commands::absent_warning(who, absence))
    });
    // a double click must not restart the clock of who has it already
    if let (Some((_, one)), Some(who)) = (turn.desk.assignment_of(&ticket), &to)
        && one.is_open()
        && one.assignee() == Some(who)
        && one.customer == customer
    {
        return words::assignment::has_it_already(one, who);
    }
    let id = assignment::begin(turn, ticket.clone(), customer.clone(), to);
    let given = assignment::outcome(turn, id);
    incident::assigned(turn, &customer, &ticket, id);
    // out of hours an urgent wish of the customer is its CSR's to decide (A3)
    let csr = turn.desk.customers.value.find(&customer).and_then(|one| one.csr.as_ref());
    let mut message = words::assignment::accepted(&customer, &given, now, warning.as_deref(), csr);
    let counts = matches!(given, assignment::Given::To(_));
    message.lines.extend(words::services::basis(turn.desk, now, counts));
    message
}

fn leave(turn: &mut Turn<'_>, typed: &Typed<'_>) {
    if typed.text.trim().is_empty() {
        return turn.open_form(typed.by, typed.trigger, words::commands::leave_form());
    }
    let asked = absences::parse(turn, typed.text);
    let message = match absences::enter(turn, typed.by, &asked) {
        Ok(Entered::New(who, absence)) => words::commands::leave_done(&who, &absence),
        Ok(Entered::Already(who, known)) => words::commands::leave_already(&who, &known),
        Err(errors) => words::commands::field_errors(
            &words::commands::leave_form(),
            "/leave 2025-08-06 ~ 2025-08-07 휴가 (다른 사람: /leave @다솜윤 …, General만: 끝에 [일반티켓])",
            &errors,
        ),
    };
    turn.tell(typed.by, typed.reply, message);
}

/// Whoever handed in a form is answered in n, alone.
pub(super) fn tell_in_noti(
    turn: &mut Turn<'_>,
    by: &SlackUser,
    message: super::super::message::Message,
) {
    match turn.desk.room(Room::Noti) {
        Some(channel) => {
            let reply = ReplyTo { channel, thread: None, url: None };
            turn.tell(by, &reply, message);
        }
        None => {
            let kind = ErrandKind::Direct { to: by.clone(), message };
            turn.owe(None, Urgency::Answer, kind);
        }
    }
}

/// A form was handed in.
pub(in crate::domain) fn submitted(
    turn: &mut Turn<'_>,
    by: &SlackUser,
    token: &str,
    fields: &BTreeMap<String, String>,
) {
    let desk = turn.desk;
    let field = |key: &str| fields.get(key).map(|text| text.trim().to_owned()).unwrap_or_default();
    match Token::read(token) {
        Some(Token::AssignForm) => {
            if !desk.holds(by, &desk.policy.value.roles.assign) {
                let text = "티켓 배정은 COC만 할 수 있습니다.".to_owned();
                turn.answer = Answer::Errors(vec![FieldError { key: "customer".to_owned(), text }]);
                return;
            }
            let to = Some(field("to")).filter(|id| !id.is_empty()).map(|id| {
                let name = desk.name_of(&SlackUser(id));
                (desk.roster.value.person(&name).map(|one| one.name.clone()), name.to_string())
            });
            let asked = AssignAsked {
                customer: field("customer"),
                ticket: ticket_link(&field("ticket")),
                to,
            };
            match check_assign(turn, &asked) {
                Ok((customer, ticket, to)) => {
                    let message = assign_checked(turn, customer, ticket, to);
                    tell_in_noti(turn, by, message);
                }
                Err(errors) => turn.answer = Answer::Errors(errors),
            }
        }
        Some(Token::StepForm(case, nth)) => list::handed_in(turn, case, by, nth, &field("evidence")),
        Some(Token::SupportForm(case)) => list::support_asked(turn, case, by, &field("ticket")),
        Some(Token::SetupForm) => setup::submitted(turn, by, fields),
        Some(Token::OffboardForm) => offboard::submitted(turn, by, fields),
        Some(Token::OffboardEditForm(id, round)) => offboard::edited(turn, id, by, round, fields),
        Some(Token::OffboardMailForm(id, round)) => {
            offboard::mail_seen(turn, id, by, round, fields);
        }
        Some(Token::OffboardConfirmForm(id, round)) => {
            offboard::confirmed(turn, id, by, round, fields);
        }
        Some(Token::UnlinkForm(id, round, nth)) => {
            offboard::unlink_failed(turn, id, by, (round, nth), fields);
        }
        Some(Token::OnboardForm) => onboard::submitted(turn, by, fields),
        Some(Token::InquiryForm(reply)) => inquiry::submitted(turn, by, &reply, fields),
        Some(Token::ClimateForm(id, nth)) => {
            climate::handed_in(turn, id, by, nth, &field("evidence"));
        }
        Some(Token::RoomForm) => climate::submitted(turn, by, fields),
        Some(Token::StrayForm(id)) => stray::submitted(turn, id, by, fields),
        Some(Token::AlarmForm) => {
            if !desk.holds(by, &desk.policy.value.roles.alarm) {
                let text = "COC만 등록할 수 있습니다. 등록하지 않았습니다.".to_owned();
                turn.answer = Answer::Errors(vec![FieldError { key: "customer".to_owned(), text }]);
                return;
            }
            match stray::typed(turn, &stray::entered(fields)) {
                Ok(message) => tell_in_noti(turn, by, message),
                Err(errors) => turn.answer = Answer::Errors(errors),
            }
        }
        Some(Token::DraftForm(draft)) => mail::edited(turn, draft, by, fields),
        Some(token @ (Token::LeaveForm | Token::HomeLeaveForm)) => {
            let asked = absences::of_form(turn, fields);
            turn.answer = match absences::enter(turn, by, &asked) {
                Ok(Entered::New(..)) => Answer::Nothing,
                Ok(Entered::Already(who, known)) => {
                    let text = words::commands::leave_already(&who, &known).plain();
                    Answer::Errors(vec![FieldError { key: "from".to_owned(), text }])
                }
                Err(errors) => Answer::Errors(errors),
            };
            if token == Token::HomeLeaveForm && turn.answer == Answer::Nothing {
                board::home_opened(turn, by);
            }
        }
        Some(
            Token::Rung(..)
            | Token::Urgent(..)
            | Token::Exhausted(..)
            | Token::Notice(..)
            | Token::Call(..)
            | Token::Ask(..)
            | Token::Mail(..)
            | Token::Draft(..)
            | Token::Incident(..)
            | Token::Stray(..)
            | Token::Phd(..)
            | Token::Outage(..)
            | Token::Step(..)
            | Token::List(..)
            | Token::Offboard(..)
            | Token::Unlink(..)
            | Token::Dispatch(..)
            | Token::Inquiry(..)
            | Token::Climate(..)
            | Token::Room(..)
            | Token::Handover(..)
            // forms that nothing opens yet
            | Token::ApplyGuide
            | Token::Home(_),
        )
        | None => {}
    }
}
