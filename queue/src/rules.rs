//! What is known of a job, and what follows from it: its state, and what a taker does with it. Pure: time is an argument, in
//! milliseconds since 1970.

/// Where a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It waits for a worker: the first one, or another one.
    Queued,
    /// A worker has it and its lease runs.
    Running,
    /// It has its result.
    Finished,
    /// It was delivered as often as it may be and never finished.
    Dead,
    /// Somebody wanted it stopped, and it is.
    Cancelled,
}

/// What is known of a job.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) has_result: bool,
    pub(crate) is_dead: bool,
    pub(crate) is_cancelled: bool,
    /// Until when its newest delivery holds it, if that has not let go.
    pub(crate) held_until: Option<u64>,
    pub(crate) deliveries: u32,
}

/// What a taker does with a job that is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// It is delivered: the how manieth time.
    Deliver(u32),
    /// It becomes a dead letter.
    Bury,
    /// It is over and goes off the queue.
    Drop,
}

impl Facts {
    /// Where the job is. A result wins over everything, also over a wish to stop that came too late.
    pub(crate) fn state(self, now: u64) -> State {
        let is_held = self.held_until.is_some_and(|end| now < end);
        match self {
            Self { has_result: true, .. } => State::Finished,
            Self { is_dead: true, .. } => State::Dead,
            _ if is_held => State::Running,
            Self { is_cancelled: true, .. } => State::Cancelled,
            _ => State::Queued,
        }
    }

    /// What is done with the job when it is ready; `most` deliveries are allowed.
    pub(crate) fn step(self, most: u32) -> Step {
        match self {
            Self { has_result: true, .. } | Self { is_dead: true, .. } | Self { is_cancelled: true, .. } => {
                Step::Drop
            }
            Self { deliveries, .. } if deliveries >= most.max(1) => Step::Bury,
            Self { deliveries, .. } => Step::Deliver(deliveries + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_follows_from_what_is_known() {
        let check = |facts: Facts, now: u64, state: State| assert_eq!(facts.state(now), state, "{facts:?}");
        let new = Facts::default();
        let held = Facts { held_until: Some(100), deliveries: 1, ..new };
        check(new, 0, State::Queued);
        check(held, 99, State::Running);
        check(held, 100, State::Queued);
        check(Facts { is_cancelled: true, ..held }, 99, State::Running);
        check(Facts { is_cancelled: true, ..held }, 100, State::Cancelled);
        check(Facts { is_cancelled: true, has_result: true, ..new }, 0, State::Finished);
        check(Facts { is_dead: true, is_cancelled: true, ..held }, 0, State::Dead);
    }

    #[test]
    fn a_job_is_delivered_until_it_is_over_or_was_delivered_often_enough() {
        let check = |facts: Facts, most: u32, step: Step| assert_eq!(facts.step(most), step, "{facts:?}");
        let new = Facts::default();
        check(new, 2, Step::Deliver(1));
        check(Facts { deliveries: 1, ..new }, 2, Step::Deliver(2));
        check(Facts { deliveries: 2, ..new }, 2, Step::Bury);
        check(new, 0, Step::Deliver(1));
        check(Facts { deliveries: 2, is_cancelled: true, ..new }, 2, Step::Drop);
        check(Facts { has_result: true, ..new }, 2, Step::Drop);
    }
}
