//! Telephones for practice: calls ring on the page until a person there does something with them.

use super::backstage::{PastCall, Ringing};
use crate::domain::errand::CallEvent;
use crate::domain::ids::{ErrandId, Name, PhoneNumber};
use crate::domain::time::Time;
use crate::ports::{Clock, Phone, PortError};
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc;

/// The telephones of a practice workspace.
pub struct Telephones {
    clock: Arc<dyn Clock>,
    calls: Mutex<BTreeMap<ErrandId, Ringing>>,
    /// Calls that were placed, ringing or over.
    placed: Mutex<BTreeMap<ErrandId, String>>,
    /// Calls that are over, oldest first.
    past: Mutex<Vec<PastCall>>,
    happened: mpsc::UnboundedSender<(ErrandId, CallEvent)>,
}

impl std::fmt::Debug for Telephones {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Telephones").field("calls", &self.calls).finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Telephones {
    /// Telephones, and what happens on them.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> (Self, mpsc::UnboundedReceiver<(ErrandId, CallEvent)>) {
        let (happened, told) = mpsc::unbounded_channel();
        let (calls, placed, past) = (Mutex::default(), Mutex::default(), Mutex::default());
        (Self { clock, calls, placed, past, happened }, told)
    }

    /// The name of the call that this errand places.
    #[must_use]
    pub fn reference(errand: ErrandId) -> String {
        format!("practice-{errand}")
    }

    /// What rings now.
    #[must_use]
    pub fn ringing(&self) -> Vec<Ringing> {
        lock(&self.calls).values().cloned().collect()
    }

    /// The calls that are over, the newest first.
    #[must_use]
    pub fn past(&self) -> Vec<PastCall> {
        lock(&self.past).iter().rev().cloned().collect()
    }

    /// Forgets every call: another practice begins.
    pub fn forget(&self) {
        lock(&self.calls).clear();
        lock(&self.placed).clear();
        lock(&self.past).clear();
    }

    /// Somebody does something with a ringing telephone.
    ///
    /// # Errors
    /// It does not ring any more.
    pub fn answer(&self, call: &str, event: CallEvent) -> Result<(), String> {
        let mut calls = lock(&self.calls);
        let errand = calls.iter().find(|(_, ringing)| ringing.id == call).map(|(id, _)| *id);
        let Some(errand) = errand else {
            return Err("이미 끝난 전화입니다.".to_owned());
        };
        if let Some(over) = calls.remove(&errand) {
            self.note(over, Some(event));
        }
        // a bot that is gone hears of it no more than a real one would
        let _ = self.happened.send((errand, event));
        Ok(())
    }

    fn now(&self) -> Time {
        self.clock.now()
    }

    fn note(&self, call: Ringing, event: Option<CallEvent>) {
        let Ringing { to, number, since, .. } = call;
        let until = self.now();
        lock(&self.past).push(PastCall { to, number, since, until, event });
    }
}

#[async_trait]
impl Phone for Telephones {
    async fn call(
        &self,
        errand: ErrandId,
        to: &Name,
        number: &PhoneNumber,
        speech: &str,
    ) -> Result<String, PortError> {
        let id = Self::reference(errand);
        let ringing = Ringing {
            id: id.clone(),
            to: to.to_string(),
            number: number.to_string(),
            about: speech.to_owned(),
            since: self.now(),
        };
        lock(&self.calls).insert(errand, ringing);
        lock(&self.placed).insert(errand, id.clone());
        Ok(id)
    }

    async fn find_call(
        &self,
        errand: ErrandId,
        _number: &PhoneNumber,
        _since: Time,
    ) -> Result<Option<String>, PortError> {
        Ok(lock(&self.placed).get(&errand).cloned())
    }

    async fn hang_up(&self, reference: &str, _to: &Name) -> Result<(), PortError> {
        let mut calls = lock(&self.calls);
        let errand = calls.iter().find(|(_, call)| call.id == reference).map(|(id, _)| *id);
        if let Some(over) = errand.and_then(|errand| calls.remove(&errand)) {
            self.note(over, None);
        }
        Ok(())
    }

    async fn probe(&self) -> Result<(), PortError> {
        Ok(())
    }
}
