//! Faults and admissions that are added while the server runs: by a test's handle or by the admin API.

use crate::house::House;
use faultline_scenarios::admission::{Admission, AdmissionKind};
use faultline_scenarios::piece;
use faultline_scenarios::problem::Problems;

/// Why something could not be added to a running server.
#[derive(Debug, thiserror::Error)]
pub enum InjectError {
    /// The text has problems, all of which are told.
    #[error("{}", .0.to_text().trim_end())]
    Problems(#[from] Problems),
    /// The responder plays no scenarios.
    #[error("this server plays no scenarios: it takes no faults")]
    NoFaults,
    /// There is no TLS that could show a certificate.
    #[error("`unknown_ca` needs a server with TLS")]
    NeedsTls,
    /// The list has nothing in it.
    #[error("the list is empty: nothing would be added")]
    Nothing,
    /// It would strike the admin API's own connections for ever.
    #[error("`{0}` without `times` would lock out the admin API, which could not take it back: add `times`")]
    LocksOut(&'static str),
}

impl InjectError {
    /// Everything that is wrong, one sentence each.
    pub fn problems(&self) -> Vec<String> {
        match self {
            Self::Problems(problems) => problems.to_text().lines().map(str::to_owned).collect(),
            other => vec![other.to_string()],
        }
    }
}

/// A count that is not 0.
fn some(count: usize) -> Result<usize, InjectError> {
    if count > 0 { Ok(count) } else { Err(InjectError::Nothing) }
}

/// Whether one of `admissions` needs TLS.
pub(crate) fn need_tls(admissions: &[Admission]) -> bool {
    admissions.iter().any(|admission| admission.kind == AdmissionKind::UnknownCa)
}

/// The first of `admissions` that strikes every connection from now on, so that nobody could take it back.
fn locks_out(admissions: &[Admission]) -> Option<&'static str> {
    let fatal = |admission: &&Admission| {
        let kind = admission.kind;
        matches!(kind, AdmissionKind::Refuse | AdmissionKind::BlackHole | AdmissionKind::SlowAccept(_))
            && admission.times.or(admission.connection).is_none()
    };
    admissions.iter().find(fatal).map(|admission| admission.kind.name())
}

impl House {
    /// Adds the faults of `text` to a session or to all; how many. All or none.
    pub(crate) fn inject(&self, session: Option<&str>, text: &str) -> Result<usize, InjectError> {
        let faults = piece::faults("fault", text)?;
        let count = some(faults.len())?;
        let taken = faults.into_iter().all(|(fault, json)| self.responder.inject(session, fault, json));
        if taken { Ok(count) } else { Err(InjectError::NoFaults) }
    }

    /// Adds the admissions of `text`; how many. All or none.
    pub(crate) fn admit(&self, text: &str) -> Result<usize, InjectError> {
        self.add(piece::admissions("admission", text)?)
    }

    /// The same for somebody who needs a connection to take it back.
    pub(crate) fn admit_remotely(&self, text: &str) -> Result<usize, InjectError> {
        let admissions = piece::admissions("admission", text)?;
        match locks_out(&admissions) {
            Some(kind) => Err(InjectError::LocksOut(kind)),
            None => self.add(admissions),
        }
    }

    fn add(&self, admissions: Vec<Admission>) -> Result<usize, InjectError> {
        if need_tls(&admissions) && !self.tls {
            return Err(InjectError::NeedsTls);
        }
        let count = some(admissions.len())?;
        self.gate.admit(admissions);
        Ok(count)
    }
}
