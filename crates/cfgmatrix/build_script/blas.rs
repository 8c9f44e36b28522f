//! What a build script says of the BLAS that it wants.

use cfgmatrix_core::{Interface, Linkage, Provides, Threading, WantedThreading};

/// Which BLAS a build wants.
#[derive(Clone, Debug)]
pub struct Blas {
    pub(super) library: Option<String>,
    pub(super) threading: WantedThreading,
    pub(super) interface: Interface,
    pub(super) linkage: Option<Linkage>,
    pub(super) provides: Vec<Provides>,
}

impl Blas {
    fn new(threading: WantedThreading) -> Self {
        Self {
            library: None,
            threading,
            interface: Interface::Lp64,
            linkage: None,
            provides: vec![Provides::Blas],
        }
    }

    /// Each call in the calling thread: right for programs that have threads.
    #[must_use]
    pub fn sequential() -> Self {
        Self::new(WantedThreading::Exactly(Threading::Sequential))
    }

    /// Each call in several threads: right for programs that have none. Uses the
    /// program's OpenMP where it can.
    #[must_use]
    pub fn threaded() -> Self {
        Self::new(WantedThreading::Threaded)
    }

    /// A certain kind of threading.
    #[must_use]
    pub fn threading(threading: Threading) -> Self {
        Self::new(WantedThreading::Exactly(threading))
    }

    /// A certain library, such as `openblas` or `mkl`, in place of the one that
    /// the compiler's users expect.
    #[must_use]
    pub fn library(mut self, id: &str) -> Self {
        self.library = Some(id.to_owned());
        self
    }

    /// Width of integers; 32 bits where nothing is said.
    #[must_use]
    pub fn interface(mut self, interface: Interface) -> Self {
        self.interface = interface;
        self
    }

    /// Archive or shared library; the archive where there is one and nothing is said.
    #[must_use]
    pub fn linkage(mut self, linkage: Linkage) -> Self {
        self.linkage = Some(linkage);
        self
    }

    /// Also LAPACK, CBLAS, …
    #[must_use]
    pub fn provides(mut self, provides: Provides) -> Self {
        self.provides.push(provides);
        self
    }
}

impl Default for Blas {
    /// Sequential: most programs that have a kernel have threads.
    fn default() -> Self {
        Self::sequential()
    }
}
