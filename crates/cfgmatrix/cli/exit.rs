//! Exit codes, part of the command's contract.

use cfgmatrix_build::artifact::ArtifactError;
use cfgmatrix_build::run::RunError;
use cfgmatrix_build::threads::tune::MeasureError;
use cfgmatrix_probe::survey::SurveyError;
use cfgmatrix_probe::{IdentifyError, process::ProcessError};

use crate::Error;

/// All well.
pub const OK: u8 = 0;
/// A bug, or a file that cannot be read or written.
pub const IO: u8 = 1;
/// Wrong usage, or a document that is not as it should be.
pub const USAGE: u8 = 2;
/// Nothing satisfies the constraints: a feature cannot be had or no source
/// tells of it, a compiler cannot be told, no variant is left.
pub const NOTHING: u8 = 3;
/// A tool that is needed is not there.
pub const MISSING_TOOL: u8 = 4;
/// Some variants failed.
pub const FAILED: u8 = 5;

/// Interrupted by the user, as shells number it.
pub const INTERRUPTED: u8 = 130;

/// The codes as `--help` shows them.
pub const HELP: &str = "\
Exit codes:
  0  ok
  1  bug or I/O
  2  usage or invalid document
  3  nothing satisfies the constraints (a feature that cannot be had, a compiler that cannot be told)
  4  a required tool is missing
  5  some variants failed";

/// The code that an error ends the program with.
pub(super) fn code(error: &Error) -> u8 {
    use cfgmatrix_core::Error as Core;
    use cfgmatrix_core::plain::PlainError as Plain;
    match error {
        Error::Closed => OK,
        Error::Io { .. } | Error::Artifact(ArtifactError::Read { .. }) => IO,
        Error::Artifact(_) => USAGE,
        Error::NoCompiler { .. } | Error::Exists { .. } => USAGE,
        Error::SeveralFiles { .. } | Error::NotOurs { .. } | Error::Outside { .. } => USAGE,
        Error::Nothing { .. } => NOTHING,
        Error::NoProgram { .. } => MISSING_TOOL,
        Error::Core(
            Core::NoLibrary { .. }
            | Core::Unsupported { .. }
            | Core::NothingLeft { .. }
            | Core::NothingInstalled { .. },
        ) => NOTHING,
        Error::Report(error) => super::report::code(error),
        Error::Core(_) | Error::Usage { .. } => USAGE,
        Error::Plain(Plain::NothingLeft { .. } | Plain::Uncountable { .. }) => NOTHING,
        Error::Plain(_) => USAGE,
        Error::Run(RunError::Foreign { .. } | RunError::Newer { .. }) => USAGE,
        Error::Run(RunError::Document { .. }) => USAGE,
        Error::Run(_) => IO,
        Error::Backend(_) => USAGE,
        Error::Measure(error) => match error {
            MeasureError::Missing { .. } => MISSING_TOOL,
            MeasureError::Failed { .. } | MeasureError::TimedOut { .. } => FAILED,
            MeasureError::TooMuchOutput { .. } => FAILED,
            MeasureError::Interrupted => INTERRUPTED,
            _ => IO,
        },
        Error::Survey(error) => match error {
            SurveyError::NoDirectory { .. } | SurveyError::NoCompiler { .. } => USAGE,
            SurveyError::Knowledge(_) => USAGE,
            SurveyError::Interrupted => INTERRUPTED,
            _ => IO,
        },
        Error::Identify(error) => match error {
            IdentifyError::Process(ProcessError::Start { .. }) => MISSING_TOOL,
            IdentifyError::Unidentified { .. } => NOTHING,
            IdentifyError::Knowledge(_) => USAGE,
            _ => IO,
        },
    }
}
