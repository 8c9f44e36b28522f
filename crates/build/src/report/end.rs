//! How variants and steps end, in words and signs.

use crate::outcome::Status;

/// How a variant or a step ended, as people are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Failed,
    TimedOut,
    Refuted,
    Interrupted,
    /// It has not run.
    Missing,
    /// It passed, and nothing was tested.
    Untested,
    Passed,
}

impl From<Status> for End {
    fn from(status: Status) -> Self {
        match status {
            Status::Passed => Self::Passed,
            Status::Failed => Self::Failed,
            Status::TimedOut => Self::TimedOut,
            Status::Refuted => Self::Refuted,
            Status::Interrupted => Self::Interrupted,
        }
    }
}

impl End {
    /// Its word, as in documents.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::TimedOut => "timed-out",
            Self::Refuted => "refuted",
            Self::Interrupted => "interrupted",
            Self::Missing => "missing",
            Self::Untested => "untested",
            Self::Passed => "passed",
        }
    }

    /// Its word as people read it.
    pub(super) fn readable(self) -> &'static str {
        match self {
            Self::TimedOut => "timed out",
            Self::Missing => "did not run",
            Self::Untested => "passed without tests",
            other => other.word(),
        }
    }

    /// A sign for it, so that no colour is needed.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Failed => "✗",
            Self::TimedOut => "◷",
            Self::Refuted => "≠",
            Self::Interrupted => "◌",
            Self::Missing => "–",
            Self::Untested => "☐",
            Self::Passed => "✓",
        }
    }

    /// Whether it is a failure: what the user ended is none.
    pub(super) fn is_failure(self) -> bool {
        matches!(self, Self::Failed | Self::TimedOut | Self::Refuted)
    }

    pub(super) fn is_passed(self) -> bool {
        matches!(self, Self::Passed | Self::Untested)
    }
}
