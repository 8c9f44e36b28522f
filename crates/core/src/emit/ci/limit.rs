//! What services publish of what they take.

use std::num::NonZeroU32;
use std::ops::Range;

use crate::emit::options::OverLimit;
use crate::emit::{EmitOptions, Format};
use crate::error::Error;

/// A published limit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    /// What is counted, as the middle of a sentence.
    pub(super) what: &'static str,
    pub(super) most: usize,
}

/// "Actions limits" of GitHub's documentation: "Job Matrix".
pub(super) const GITHUB_JOBS: Limit = Limit {
    what: "jobs of one matrix",
    most: 256,
};
/// The same page: "Workflow file size", 500 KB.
pub(super) const GITHUB_FILE: Limit = Limit {
    what: "bytes of one workflow",
    most: 500_000,
};
/// GitHub's "Workflow syntax", outputs of a job: 1 MB, "approximated based on
/// UTF-16 encoding".
pub(super) const GITHUB_OUTPUT: Limit = Limit {
    what: "bytes, as UTF-16, of a job's outputs",
    most: 1_000_000,
};
/// "GitLab.com settings": jobs in a single pipeline, on the free tier. The 200 of
/// `parallel:matrix` are no matter of jobs that stand by themselves.
pub(super) const GITLAB_JOBS: Limit = Limit {
    what: "jobs of one pipeline",
    most: 500,
};
/// GitLab's "Application limits": size of a YAML file, 2 MB.
pub(super) const GITLAB_FILE: Limit = Limit {
    what: "bytes of one file",
    most: 2_000_000,
};
/// `buildkite-agent pipeline upload`: 500 steps a file. The limits of its own
/// matrix are no matter of steps that stand by themselves.
pub(super) const BUILDKITE_JOBS: Limit = Limit {
    what: "steps of one upload",
    most: 500,
};
/// The YAML schema of Azure Pipelines, `strategy.matrix`: characters of a name.
pub(super) const AZURE_NAME: usize = 100;

impl Limit {
    /// The limit as the matrix's author knows it of their own instance.
    pub(super) fn or(self, most: Option<NonZeroU32>) -> Self {
        Self {
            most: most.map_or(self.most, |most| most.get() as usize),
            ..self
        }
    }
}

/// What to do with what is over a limit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    format: Format,
    over: OverLimit,
}

impl Limits {
    pub(super) fn new(format: Format, options: &EmitOptions, own: Option<OverLimit>) -> Self {
        Self {
            format,
            over: own.unwrap_or(options.over_limit),
        }
    }

    /// Parts of a list, in order, each within the limits: of so many elements, and
    /// of so much by their sizes.
    ///
    /// # Errors
    /// There is more than one part, and that is not wanted; or one element alone
    /// is over the limit of sizes.
    pub(super) fn parts(
        self,
        sizes: &[usize],
        count: Limit,
        size: Option<Limit>,
    ) -> Result<Vec<Range<usize>>, Error> {
        let most = size.map_or(usize::MAX, |limit| limit.most);
        let mut parts: Vec<Range<usize>> = Vec::new();
        let (mut start, mut sum) = (0, 0);
        for (at, &one) in sizes.iter().enumerate() {
            if let Some(limit) = size.filter(|limit| one > limit.most) {
                return Err(self.refuse(limit, one, false));
            }
            if at - start == count.most || sum + one > most {
                parts.push(start..at);
                (start, sum) = (at, 0);
            }
            sum += one;
        }
        parts.push(start..sizes.len());
        if parts.len() > 1 && self.over != OverLimit::Shard {
            return Err(match size {
                Some(limit) if sizes.len() <= count.most => {
                    self.refuse(limit, sizes.iter().sum(), true)
                }
                _ => self.refuse(count, sizes.len(), true),
            });
        }
        Ok(parts)
    }

    fn refuse(self, limit: Limit, count: usize, divisible: bool) -> Error {
        Error::OverLimit {
            format: self.format,
            what: limit.what,
            most: limit.most,
            count,
            divisible,
        }
    }
}
