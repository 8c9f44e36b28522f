//! The formats that are emitted.

use crate::name::words;

words! {
    /// What an expansion is written as, for another tool to read.
    Format, "format", {
        /// A GitHub Actions workflow.
        Github = "github", "github-actions", "gha";
        /// A GitHub Actions matrix, as JSON for `fromJSON`.
        GithubJson = "github-json";
        /// A GitLab CI pipeline.
        Gitlab = "gitlab", "gitlab-ci";
        /// An Azure Pipelines pipeline.
        Azure = "azure", "azure-pipelines";
        /// A Buildkite pipeline.
        Buildkite = "buildkite";
        /// A CircleCI configuration.
        Circleci = "circleci";
        /// CMake presets to configure, build and test with.
        CmakePresets = "cmake-presets";
        /// CMake toolchain files.
        CmakeToolchain = "cmake-toolchain";
        /// Meson native files.
        MesonNative = "meson-native", "meson";
        /// The environment, for a shell to read in.
        Env = "env", "environment";
        /// Files for a makefile to include.
        Make = "make", "makefile";
        /// A Ninja file that builds all variants.
        Ninja = "ninja";
        /// Cargo configuration files.
        CargoConfig = "cargo-config", "cargo";
        /// Configuration of distutils and setuptools.
        DistutilsCfg = "distutils-cfg", "distutils", "setup-cfg";
        /// Variants for conda-build and rattler-build.
        CondaVariants = "conda-variants", "conda";
        /// A Spack environment with its compilers and packages.
        Spack = "spack";
        /// Groups of options for Bazel.
        Bazel = "bazel", "bazelrc";
    }
}

impl Format {
    /// What is written, for a list of all.
    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            Self::Github => "a GitHub Actions workflow",
            Self::GithubJson => "a GitHub Actions matrix, as JSON for `fromJSON`",
            Self::Gitlab => "a GitLab CI pipeline",
            Self::Azure => "an Azure Pipelines pipeline",
            Self::Buildkite => "a Buildkite pipeline",
            Self::Circleci => "a CircleCI configuration",
            Self::CmakePresets => "CMake presets to configure, build and test each variant",
            Self::CmakeToolchain => "a CMake toolchain file for each variant",
            Self::MesonNative => "a Meson native file for each variant",
            Self::Env => "the environment of each variant, for sh, fish, PowerShell or cmd",
            Self::Make => "variables of each variant, for a makefile to include",
            Self::Ninja => "a Ninja file that builds all variants",
            Self::CargoConfig => "a Cargo configuration for each variant",
            Self::DistutilsCfg => "a configuration of setuptools for each variant",
            Self::CondaVariants => "variants for conda-build and rattler-build",
            Self::Spack => "a Spack environment with its compilers",
            Self::Bazel => "a group of Bazel's options for each variant",
        }
    }
}

words! {
    /// A shell that reads an environment in.
    Shell, "shell", {
        /// Any POSIX shell: sh, dash, bash, zsh, ksh.
        Sh = "sh", "bash", "zsh", "dash", "ksh", "posix";
        /// fish.
        Fish = "fish";
        /// PowerShell.
        Powershell = "powershell", "pwsh", "ps1";
        /// The command interpreter of Windows.
        Cmd = "cmd", "bat", "batch";
    }
}

#[expect(
    clippy::derivable_impls,
    reason = "the macro that writes the enum derives what all word lists have"
)]
impl Default for Shell {
    fn default() -> Self {
        Self::Sh
    }
}
