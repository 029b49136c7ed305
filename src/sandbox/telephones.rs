//! Telephones for practice: calls ring on the page until a person there does something with them.

use super::backstage::Ringing;
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
        let (calls, placed) = (Mutex::default(), Mutex::default());
        (Self { clock, calls, placed, happened }, told)
    }

    /// What rings now.
    #[must_use]
    pub fn ringing(&self) -> Vec<Ringing> {
        lock(&self.calls).values().cloned().collect()
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
        calls.remove(&errand);
        // a bot that is gone hears of it no more than a real one would
        let _ = self.happened.send((errand, event));
        Ok(())
    }

    fn now(&self) -> Time {
        self.clock.now()
    }
}

#[async_trait]
impl Phone for Telephones {
    async fn call(
        &self,
        errand: ErrandId,
        to: &Name,
        number: &PhoneNumber,
        about: &str,
    ) -> Result<String, PortError> {
        let id = format!("practice-{errand}");
        let ringing = Ringing {
            id: id.clone(),
            to: to.to_string(),
            number: number.to_string(),
            about: about.to_owned(),
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
        lock(&self.calls).retain(|_, ringing| ringing.id != reference);
        Ok(())
    }
}
