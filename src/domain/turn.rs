//! One decision under way: the desk as it was, what has been decided so far.

use super::case::{Case, CaseChange, Note, Procedure};
use super::change::Change;
use super::desk::{Desk, Room};
use super::errand::{Anchor, Errand, ErrandKind, Place, Urgency};
use super::ids::{CaseId, ErrandId, MessageRef, Name, SlackUser};
use super::input::ReplyTo;
use super::message::{Answer, Button, Form, Line, Message, Style};
use super::time::Time;
use serde::{Deserialize, Serialize};

/// What a decision has come to so far.
#[derive(Debug)]
pub struct Turn<'a> {
    /// The desk before this decision.
    pub desk: &'a Desk,
    /// When the decision is made.
    pub now: Time,
    /// What has been decided, in order.
    pub changes: Vec<Change>,
    /// What a form's author is told while the form is open.
    pub answer: Answer,
    seq: u64,
    nth: u16,
    cases: u64,
}

/// What a button or form brings back. Written as JSON into Slack's opaque fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Token {
    /// A rung of a chain: the rung's number within its ladder, counted from 0.
    Rung(CaseId, usize, RungPress),
    /// An urgent case.
    Urgent(CaseId, UrgentPress),
    /// An exhausted chain.
    Exhausted(CaseId, ExhaustedPress),
    /// An assignment notice: the round of the assignment it belongs to.
    Notice(CaseId, u32),
    /// The 30-minute call, by round.
    Call(CaseId, u32, CallPress),
    /// A doubtful person asked before the ticket is theirs, by round.
    Ask(CaseId, u32, AskPress),
    /// A mail of a case.
    Mail(CaseId, MailPress),
    /// A drafted mail: the errand that posted it.
    Draft(ErrandId, DraftPress),
    /// The form that changes a drafted mail.
    DraftForm(ErrandId),
    /// An incident.
    Incident(CaseId, IncidentPress),
    /// Something that nobody understood.
    Stray(CaseId, StrayPress),
    /// The form that makes an incident of it.
    StrayForm(CaseId),
    /// The form of `/coc alarm`.
    AlarmForm,
    /// An AWS Health event of a customer.
    Phd(CaseId, PhdPress),
    /// An event of AWS's status feeds.
    Outage(CaseId, OutagePress),
    /// A checklist's step, counted from 0.
    Step(CaseId, usize, StepPress),
    /// The form in which a step's evidence is handed in.
    StepForm(CaseId, usize),
    /// The form of `/coc setup`.
    SetupForm,
    /// A checklist as a whole.
    List(CaseId, ListPress),
    /// The form that asks for the ticket of 기술지원 요청.
    SupportForm(CaseId),
    /// A forced off-boarding; the round of the request that was shown, so that a press on an older one changes nothing (X4).
    Offboard(CaseId, u32, OffboardPress),
    /// An account of a forced off-boarding: the round, and the how manieth asking within it, counted from 0.
    Unlink(CaseId, u32, usize, UnlinkPress),
    /// The form of `/offboard`.
    OffboardForm,
    /// The form in which a request for an off-boarding is changed; by round.
    OffboardEditForm(CaseId, u32),
    /// The form in which the execution is confirmed: the customer's name is typed again; by round.
    OffboardConfirmForm(CaseId, u32),
    /// The form in which it is told what went wrong with an account: the round, and which asking.
    UnlinkForm(CaseId, u32, usize),
    /// The form in which a mail is recorded that confirms the accounts (X8); by round.
    OffboardMailForm(CaseId, u32),
    /// The form of `/onboard`.
    OnboardForm,
    /// People who are reached in order for something that is no urgent request.
    Dispatch(CaseId, DispatchPress),
    /// The form of `/call`, and where its author is answered.
    InquiryForm(ReplyTo),
    /// A telephone call that somebody made to the desk.
    Inquiry(CaseId, InquiryPress),
    /// A room.
    Climate(CaseId, ClimatePress),
    /// The form in which a step of it is finished: which step, counted from 0.
    ClimateForm(CaseId, usize),
    /// A round of readings.
    Room(RoomPress),
    /// The form in which a room's temperature is handed in.
    RoomForm,
    /// The hand-over of a shift: the errand that posted it.
    Handover(ErrandId, HandoverPress),
    /// A changed guide goes live; the errand that showed it.
    ApplyGuide,
    /// The form of `/assign`.
    AssignForm,
    /// The form of `/leave`.
    LeaveForm,
    /// The app's home.
    Home(HomePress),
    /// The form of `/leave`, opened from the app's home.
    HomeLeaveForm,
}

/// 수락 · 부재 · 거절
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RungPress {
    /// 수락
    Accept,
    /// 부재
    Absent,
    /// 거절
    Refuse,
}

/// 미결정 · 취소 · 그대로 시작
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UrgentPress {
    /// 미결정
    Undecided,
    /// 취소
    Cancel,
    /// 그대로 시작
    StartAnyway,
}

/// 다시 시작 · 종료
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExhaustedPress {
    /// 다시 시작
    Again,
    /// 종료
    Close,
}

/// 연결됨 · 부재 · 다시 전화 · 재배정
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallPress {
    /// 연결됨
    Connected,
    /// 부재
    Absent,
    /// 다시 전화
    Again,
    /// 재배정
    Reassign,
}

/// 수락 · 거절
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AskPress {
    /// 수락
    Accept,
    /// 거절
    Refuse,
}

/// 연결됨 · 부재 · 추가 조치 필요 · 조치 불필요 · 종료, and of a finding 전파 · 이메일만 · 판단 불가
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentPress {
    /// 연결됨
    Connected,
    /// 부재
    Absent,
    /// 추가 조치 필요
    Needed,
    /// 조치 불필요
    NotNeeded,
    /// 종료
    Close,
    /// 전파
    Propagate,
    /// 이메일만
    MailOnly,
    /// 판단 불가
    Unsure,
}

/// 사건 등록 · 무시
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StrayPress {
    /// 사건 등록
    Open,
    /// 무시
    Ignore,
}

/// 메일 발송 · 연결됨 · 부재, and of the daily look 완료
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhdPress {
    /// 메일 발송
    Mail,
    /// 연결됨
    Connected,
    /// 부재
    Absent,
    /// 완료
    Done,
}

/// 완료, of the look at the control room's screen (H3)
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutagePress {
    /// 완료
    Done,
}

/// 완료 · 오류 · 대본
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepPress {
    /// 완료
    Done,
    /// 오류, of on-boarding (N4)
    Error,
    /// 대본: what is read on the telephone, of on-boarding (N3, N7)
    Script,
}

/// 실행 확인 · 보류 · 고치기 · 계정 확인 · 다시 진행 · 취소 · 종료 · 메일 확인 · 오류 내용
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OffboardPress {
    /// 실행 확인
    Confirm,
    /// 보류
    Hold,
    /// 고치기
    Edit,
    /// 계정 확인, by CSR (X8)
    Accounts,
    /// 다시 진행: where an error stopped it
    Resume,
    /// 취소
    Cancel,
    /// 종료: the accounts that are left stay
    Close,
    /// 메일 확인: a mail confirms the accounts (X8)
    Mail,
    /// 오류 내용
    Explain,
}

/// 성공 · 실패
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnlinkPress {
    /// 성공
    Done,
    /// 실패
    Failed,
}

/// 종료
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DispatchPress {
    /// 종료
    Close,
}

/// 확인 · 재배정 · 완료 · 메일 불가
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InquiryPress {
    /// 확인, of whoever was asked to call back; how many were asked by then
    Confirm(u32),
    /// 재배정: somebody else is asked; how many were asked by then
    Reassign(u32),
    /// 완료: COC saw to it
    Done,
    /// 메일 불가: the caller cannot write a mail after all
    CannotMail,
}

/// 완료 · 이상 없음
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClimatePress {
    /// 완료: the step that was open when the button was shown, counted from 0; whoever presses at the same time does not finish the next
    Done(usize),
    /// 이상 없음: neither fire nor smoke
    Calm,
}

/// 온도 기록
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoomPress {
    /// 온도 기록: opens the form
    Enter,
}

/// 인수
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandoverPress {
    /// 인수
    Take,
}

/// 부재 등록 · 새로 고침
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HomePress {
    /// 부재 등록: opens the form
    Leave,
    /// 새로 고침
    Refresh,
}

/// 그대로 시작 · 취소 · 기술지원 요청
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListPress {
    /// 그대로 시작
    Anyway,
    /// 취소
    Cancel,
    /// 기술지원 요청
    Support,
}

/// 고객 메일
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailPress {
    /// 고객 메일
    Draft,
}

/// 메일 발송 · 고치기 · 초안 지우기
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DraftPress {
    /// 메일 발송
    Send,
    /// 고치기
    Edit,
    /// 초안 지우기
    Discard,
}

impl Token {
    /// The case whose button or form it is, when it is of a case alone.
    #[must_use]
    pub fn case(&self) -> Option<CaseId> {
        self.clone().case_mut().copied()
    }

    const fn case_mut(&mut self) -> Option<&mut CaseId> {
        match self {
            Self::Urgent(id, _)
            | Self::Exhausted(id, _)
            | Self::Incident(id, _)
            | Self::Stray(id, _)
            | Self::StrayForm(id)
            | Self::Phd(id, _)
            | Self::Outage(id, _)
            | Self::Step(id, ..)
            | Self::StepForm(id, _)
            | Self::List(id, _)
            | Self::SupportForm(id)
            | Self::Offboard(id, ..)
            | Self::Unlink(id, ..)
            | Self::OffboardEditForm(id, _)
            | Self::OffboardMailForm(id, _)
            | Self::OffboardConfirmForm(id, _)
            | Self::UnlinkForm(id, ..)
            | Self::Dispatch(id, _)
            | Self::Inquiry(id, _)
            | Self::Climate(id, _)
            | Self::ClimateForm(id, _)
            | Self::Mail(id, _) => Some(id),
            Self::Rung(..)
            | Self::Notice(..)
            | Self::Call(..)
            | Self::Ask(..)
            | Self::Draft(..)
            | Self::DraftForm(_)
            | Self::AlarmForm
            | Self::SetupForm
            | Self::OffboardForm
            | Self::OnboardForm
            | Self::InquiryForm(_)
            | Self::Room(_)
            | Self::RoomForm
            | Self::Handover(..)
            | Self::ApplyGuide
            | Self::AssignForm
            | Self::LeaveForm
            | Self::Home(_)
            | Self::HomeLeaveForm => None,
        }
    }

    /// The same button or form of another case.
    #[must_use]
    pub fn of_case(&self, id: CaseId) -> Option<Self> {
        let mut other = self.clone();
        *other.case_mut()? = id;
        Some(other)
    }

    /// As it stands in Slack's opaque field.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Read back; `None` for a button of another program or a later version.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

/// A plain button.
#[must_use]
pub fn button(label: &str, token: &Token) -> Button {
    Button { label: label.to_owned(), token: token.text(), style: Style::Plain }
}

/// The likely button.
#[must_use]
pub fn primary(label: &str, token: &Token) -> Button {
    Button { style: Style::Primary, ..button(label, token) }
}

/// A button that ends something.
#[must_use]
pub fn danger(label: &str, token: &Token) -> Button {
    Button { style: Style::Danger, ..button(label, token) }
}

impl<'a> Turn<'a> {
    /// A decision that will be record `seq`.
    #[must_use]
    pub fn new(desk: &'a Desk, now: Time, seq: u64) -> Self {
        let cases = desk.last_case;
        Self { desk, now, changes: Vec::new(), answer: Answer::Nothing, seq, nth: 0, cases }
    }

    /// Decides one change.
    pub fn change(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// Owes something; returns its name.
    pub fn owe(&mut self, case: Option<CaseId>, urgency: Urgency, kind: ErrandKind) -> ErrandId {
        let id = self.next_errand();
        self.owe_as(id, case, urgency, kind);
        id
    }

    /// The name that the next errand of this decision will bear.
    pub fn next_errand(&mut self) -> ErrandId {
        let id = ErrandId { seq: self.seq, nth: self.nth };
        self.nth += 1;
        id
    }

    /// Owes something under a name taken before.
    pub fn owe_as(
        &mut self,
        id: ErrandId,
        case: Option<CaseId>,
        urgency: Urgency,
        kind: ErrandKind,
    ) {
        let errand = Errand { id, since: self.now, case, urgency, kind };
        self.change(Change::Owed(Box::new(errand)));
    }

    /// Owes a post.
    pub fn post(
        &mut self,
        case: Option<CaseId>,
        urgency: Urgency,
        place: Place,
        message: Message,
    ) -> ErrandId {
        self.owe(case, urgency, ErrandKind::Post { place, message })
    }

    /// Answers one person alone.
    pub fn tell(&mut self, to: &SlackUser, reply: &ReplyTo, message: Message) {
        let kind = ErrandKind::Ephemeral { to: to.clone(), reply: reply.clone(), message };
        self.owe(None, Urgency::Answer, kind);
    }

    /// Opens a form for one person.
    pub fn open_form(&mut self, to: &SlackUser, trigger: &str, form: Form) {
        let kind = ErrandKind::OpenForm { to: to.clone(), trigger: trigger.to_owned(), form };
        self.owe(None, Urgency::Answer, kind);
    }

    /// Begins a case.
    pub fn open(&mut self, procedure: Procedure) -> CaseId {
        self.cases += 1;
        let id = CaseId(self.cases);
        let case = Case { id, opened: self.now, procedure, notes: Vec::new() };
        self.change(Change::Opened(Box::new(case)));
        id
    }

    /// Takes something back that is owed but of no use any more. One that is being carried out may still happen; its outcome
    /// is taken as it comes.
    pub fn drop_errand(&mut self, errand: ErrandId) {
        if self.desk.errands.contains_key(&errand) {
            self.change(Change::Dropped { errand });
        }
    }

    /// Writes a line into a case's story.
    pub fn note(&mut self, case: CaseId, by: Option<&SlackUser>, text: impl Into<String>) {
        let by = by.map(|user| self.desk.name_of(user));
        self.note_by(case, by, text);
    }

    /// Writes a line into a case's story, by name.
    pub fn note_by(&mut self, case: CaseId, by: Option<Name>, text: impl Into<String>) {
        let note = Note { at: self.now, by, text: text.into() };
        self.change(Change::Case(case, CaseChange::Noted(note)));
    }

    /// The thread that a case of the desk lives in; n itself while it has none.
    #[must_use]
    pub fn place_of(&self, case: CaseId) -> Option<Place> {
        let home = self.desk.cases.get(&case)?.procedure.home(self.desk);
        let noti = || self.desk.room(Room::Noti).map(|channel| Place { channel, thread: None });
        home.map(|home| home.thread()).or_else(noti)
    }

    /// The person who acts is told alone, in the thread of a message.
    pub fn tell_at(
        &mut self,
        to: &SlackUser,
        at: &MessageRef,
        thread: Option<&super::ids::Ts>,
        message: Message,
    ) {
        let reply = ReplyTo { channel: at.channel.clone(), thread: thread.cloned(), url: None };
        self.tell(to, &reply, message);
    }
}

/// The thread under a message.
#[must_use]
pub fn thread_of(root: &MessageRef) -> Place {
    Place { channel: root.channel.clone(), thread: Some(Anchor::Message(root.ts.clone())) }
}

/// A message of these lines.
#[must_use]
pub fn lines(lines: Vec<Line>) -> Message {
    Message { lines, buttons: Vec::new() }
}

/// A message of one plain line.
#[must_use]
pub fn one_line(text: impl Into<String>) -> Message {
    lines(vec![vec![text.into().into()]])
}
