//! What an emitter is told beside the variants.

use std::num::NonZeroU32;

use serde::{Deserialize, Deserializer};

use super::format::Shell;
use crate::matrix::Labels;
use crate::name::words;

/// How to emit: the table `[emit]` of a matrix file, over which the command
/// line has the last word.
///
/// What stands in the table itself is for each CI that has it; the table of one
/// CI says what differs there. Where a text of such a table says so, it is a
/// pattern: `{name}` stands for the variant's name, `{AXIS}` for its value of an
/// axis, `{vars.NAME}` for a word of its `vars`, `{runner}` for its labels, and
/// `{AXIS.runner}` for those that its value of one axis gives. The rest is in the
/// language of that CI.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EmitOptions {
    /// Lines of a shell that build and test one variant, in its environment.
    pub commands: Vec<String>,
    /// Lines of a shell before them, such as those that install packages. Most CIs
    /// start another shell for the commands, so that what they export is lost.
    pub setup: Vec<String>,
    /// The shell that `env` is written for.
    pub shell: Shell,
    /// The most jobs at a time. GitLab and CircleCI have no such thing.
    #[serde(deserialize_with = "above_zero")]
    pub max_parallel: Option<NonZeroU32>,
    /// Whether one failed job stops the others; no, where it is left out. Azure
    /// and CircleCI have no such thing.
    pub fail_fast: bool,
    /// Minutes after which a job is stopped. CircleCI has no such thing.
    #[serde(deserialize_with = "above_zero")]
    pub timeout_minutes: Option<NonZeroU32>,
    /// What to do with more variants than a CI takes.
    pub over_limit: OverLimit,
    /// GitHub Actions.
    pub github: GithubOptions,
    /// GitLab CI.
    pub gitlab: GitlabOptions,
    /// Azure Pipelines.
    pub azure: AzureOptions,
    /// Buildkite.
    pub buildkite: BuildkiteOptions,
    /// CircleCI.
    pub circleci: CircleciOptions,
}

words! {
    /// What to do with more variants than a CI takes.
    OverLimit, "value of over_limit", {
        /// Several jobs, or several files, each of which it takes.
        Shard = "shard";
        /// Refuse, and say how a profile covers the same with fewer variants.
        Cover = "cover";
        /// Refuse.
        Error = "error";
    }
}

#[expect(
    clippy::derivable_impls,
    reason = "the macro that writes the enum derives what all word lists have"
)]
impl Default for OverLimit {
    fn default() -> Self {
        Self::Shard
    }
}

/// What differs on GitHub Actions: the table `[emit.github]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GithubOptions {
    /// In place of the commands of all.
    pub commands: Option<Vec<String>>,
    /// In place of the setup of all.
    pub setup: Option<Vec<String>>,
    /// In place of that of all.
    #[serde(deserialize_with = "above_zero")]
    pub max_parallel: Option<NonZeroU32>,
    /// In place of that of all.
    pub fail_fast: Option<bool>,
    /// In place of that of all.
    #[serde(deserialize_with = "above_zero")]
    pub timeout_minutes: Option<NonZeroU32>,
    /// In place of that of all.
    pub over_limit: Option<OverLimit>,
    /// Patterns of the labels of a job's machine, one or a list. Where they are
    /// left out, `{runner}`, and `ubuntu-latest` for variants without labels.
    #[serde(deserialize_with = "one_or_more")]
    pub runs_on: Vec<String>,
    /// A pattern of the image of a container that the steps run in.
    pub container: Option<String>,
    /// Events that start the workflow, one or a list; `push` and `pull_request`
    /// where they are left out.
    #[serde(deserialize_with = "one_or_more")]
    pub triggers: Vec<String>,
    /// The action that checks out, with its version.
    pub checkout: Option<String>,
}

/// What differs on GitLab CI: the table `[emit.gitlab]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GitlabOptions {
    /// In place of the commands of all.
    pub commands: Option<Vec<String>>,
    /// In place of the setup of all.
    pub setup: Option<Vec<String>>,
    /// In place of that of all.
    pub fail_fast: Option<bool>,
    /// In place of that of all.
    #[serde(deserialize_with = "above_zero")]
    pub timeout_minutes: Option<NonZeroU32>,
    /// In place of that of all.
    pub over_limit: Option<OverLimit>,
    /// Patterns of the tags of a job's runner, one or a list; `{runner}` where
    /// they are left out.
    #[serde(deserialize_with = "one_or_more")]
    pub tags: Vec<String>,
    /// A pattern of the image that the job runs in; the runner's own where it is
    /// left out.
    pub image: Option<String>,
    /// The most jobs of one pipeline, where the instance takes more or fewer than
    /// GitLab.com does for nothing.
    #[serde(deserialize_with = "above_zero")]
    pub max_jobs: Option<NonZeroU32>,
}

/// What differs on Azure Pipelines: the table `[emit.azure]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AzureOptions {
    /// In place of the commands of all.
    pub commands: Option<Vec<String>>,
    /// In place of the setup of all.
    pub setup: Option<Vec<String>>,
    /// In place of that of all.
    #[serde(deserialize_with = "above_zero")]
    pub max_parallel: Option<NonZeroU32>,
    /// In place of that of all.
    #[serde(deserialize_with = "above_zero")]
    pub timeout_minutes: Option<NonZeroU32>,
    /// A pattern of the image of a job's machine. Where it and `pool` are left
    /// out, `{runner}`, and `ubuntu-latest` for variants without labels.
    pub vm_image: Option<String>,
    /// A pattern of the name of a pool of one's own machines.
    pub pool: Option<String>,
    /// What a machine of the pool must have, one or a list.
    #[serde(deserialize_with = "one_or_more")]
    pub demands: Vec<String>,
}

/// What differs on Buildkite: the table `[emit.buildkite]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BuildkiteOptions {
    /// In place of the commands of all.
    pub commands: Option<Vec<String>>,
    /// In place of the setup of all.
    pub setup: Option<Vec<String>>,
    /// In place of that of all.
    #[serde(deserialize_with = "above_zero")]
    pub max_parallel: Option<NonZeroU32>,
    /// In place of that of all.
    pub fail_fast: Option<bool>,
    /// In place of that of all.
    #[serde(deserialize_with = "above_zero")]
    pub timeout_minutes: Option<NonZeroU32>,
    /// In place of that of all.
    pub over_limit: Option<OverLimit>,
    /// Patterns of the tags of a job's agent, one or a list: `KEY=VALUE`, or the
    /// name of a queue. `{runner}` where they are left out.
    #[serde(deserialize_with = "one_or_more")]
    pub agents: Vec<String>,
    /// The most jobs of one upload, where the organization takes more or fewer
    /// than usual.
    #[serde(deserialize_with = "above_zero")]
    pub max_jobs: Option<NonZeroU32>,
}

/// What differs on CircleCI: the table `[emit.circleci]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CircleciOptions {
    /// In place of the commands of all.
    pub commands: Option<Vec<String>>,
    /// In place of the setup of all.
    pub setup: Option<Vec<String>>,
    /// A pattern of the image of the container that a job runs in;
    /// `cimg/base:current` where nothing else is said.
    pub image: Option<String>,
    /// A pattern of the image of a virtual machine, in place of a container.
    pub machine: Option<String>,
    /// A pattern of the class of a job's machine. One with a `/` is that of one's
    /// own machines, and has no image.
    pub resource_class: Option<String>,
}

impl EmitOptions {
    /// Takes these commands for every CI, whatever the table said of one of them.
    pub fn replace_commands(&mut self, commands: &[String]) {
        self.commands = commands.to_vec();
        for own in [
            &mut self.github.commands,
            &mut self.gitlab.commands,
            &mut self.azure.commands,
            &mut self.buildkite.commands,
            &mut self.circleci.commands,
        ] {
            *own = None;
        }
    }
}

fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Labels::deserialize(deserializer).map(|labels| labels.0)
}

fn above_zero<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NonZeroU32>, D::Error> {
    let number = i64::deserialize(deserializer)?;
    let above_zero = u32::try_from(number).ok().and_then(NonZeroU32::new);
    above_zero.map(Some).ok_or_else(|| {
        let message = format!("a whole number above 0 is wanted, and {number} is none");
        serde::de::Error::custom(message)
    })
}
