//! What is known of BLAS libraries: which files, threads and conflicts go with
//! which compiler.

use cfgmatrix::core::{
    Arch, BlasRequest, Interface, Linkage, Os, Provides, Severity, Target, Threading,
    WantedThreading,
};

use crate::data::known;

const LINUX: Target = Target {
    os: Os::Linux,
    arch: Arch::X86_64,
};

fn request(family: &str, threading: WantedThreading) -> BlasRequest<'_> {
    BlasRequest {
        family,
        target: LINUX,
        threading,
        interface: Interface::Lp64,
        linkage: Linkage::Shared,
        openmp_runtime: None,
        mpi: None,
        provides: &[Provides::Blas],
    }
}

fn libs(library: &str, request: &BlasRequest<'_>) -> Vec<String> {
    let known = known();
    let resolved = known
        .resolve_blas(library, request)
        .unwrap_or_else(|error| panic!("{error}"));
    resolved
        .link()
        .chain(resolved.libs())
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_family_s_usual_library_can_be_had_sequential_and_threaded() {
    let known = known();
    for id in known.family_ids() {
        // Its host compiler decides; it links no BLAS of its own.
        if id == "nvcc" {
            continue;
        }
        let family = known.family(id).unwrap();
        let home = family.home().unwrap();
        let library = family.default_blas(home);
        for threading in [
            WantedThreading::Exactly(Threading::Sequential),
            WantedThreading::Threaded,
        ] {
            let mut request = request(id, threading);
            request.target = home;
            if let Err(error) = known.resolve_blas(library, &request) {
                panic!("{id} on {home}: {error}");
            }
        }
    }
}

#[test]
fn mkl_has_the_layers_of_the_compiler() {
    for (family, sequential, threaded) in [
        (
            "gcc",
            ["-lmkl_gf_lp64", "-lmkl_sequential"],
            ["-lmkl_gnu_thread", "-lgomp"],
        ),
        (
            "intel-classic",
            ["-lmkl_intel_lp64", "-lmkl_sequential"],
            ["-lmkl_intel_thread", "-liomp5"],
        ),
        (
            "intel-llvm",
            ["-lmkl_intel_lp64", "-lmkl_sequential"],
            ["-lmkl_intel_thread", "-liomp5"],
        ),
    ] {
        for (threading, tokens) in [
            (WantedThreading::Exactly(Threading::Sequential), sequential),
            (WantedThreading::Exactly(Threading::Openmp), threaded),
        ] {
            let libs = libs("mkl", &request(family, threading));
            for token in tokens {
                assert!(
                    libs.iter().any(|lib| lib == token),
                    "{family} {threading:?}: {token} in {libs:?}"
                );
            }
        }
    }
}

#[test]
fn wide_integers_change_the_layer_and_the_macros() {
    let known = known();
    let mut wide = request(
        "intel-classic",
        WantedThreading::Exactly(Threading::Sequential),
    );
    wide.interface = Interface::Ilp64;
    let resolved = known.resolve_blas("mkl", &wide).unwrap();
    assert!(resolved.libs().any(|lib| lib == "-lmkl_intel_ilp64"));
    assert!(resolved.row.define.iter().any(|name| name == "MKL_ILP64"));
}

#[test]
fn blacs_goes_with_the_mpi() {
    for (mpi, blacs, other) in [
        ("openmpi", "blacs_openmpi", "blacs_intelmpi"),
        ("mpich", "blacs_intelmpi", "blacs_openmpi"),
    ] {
        let mut request = request("gcc", WantedThreading::Exactly(Threading::Sequential));
        request.mpi = Some(mpi);
        request.provides = &[Provides::Blas, Provides::Scalapack];
        let libs = libs("mkl", &request).join(" ");
        assert!(
            libs.contains("mkl_scalapack_lp64") && libs.contains(blacs) && !libs.contains(other),
            "{mpi}: {libs}"
        );
        // The added library is linked before the one that it needs.
        assert!(
            libs.find("scalapack").unwrap() < libs.find("mkl_core").unwrap(),
            "{libs}"
        );
    }
}

#[test]
fn the_strongest_thread_variable_comes_first() {
    let known = known();
    let openblas = known.blas("openblas").unwrap();
    assert_eq!(
        openblas.thread_variables(Threading::Pthread, LINUX).first(),
        Some(&"OPENBLAS_NUM_THREADS")
    );
    // The OpenMP build does not read it at all.
    assert!(
        !openblas
            .thread_variables(Threading::Openmp, LINUX)
            .contains(&"OPENBLAS_NUM_THREADS")
    );
    for (library, threading, strongest) in [
        ("mkl", Threading::Openmp, "MKL_NUM_THREADS"),
        ("blis", Threading::Openmp, "BLIS_NUM_THREADS"),
    ] {
        let library = known.blas(library).unwrap();
        let variables = library.thread_variables(threading, LINUX);
        assert_eq!(variables.first(), Some(&strongest), "{variables:?}");
        assert!(variables.contains(&"OMP_NUM_THREADS"), "{variables:?}");
    }
}

#[test]
fn a_second_pool_of_threads_is_warned_of() {
    let known = known();
    let mut asked = request("gcc", WantedThreading::Exactly(Threading::Pthread));
    assert!(
        known
            .resolve_blas("openblas", &asked)
            .unwrap()
            .warnings
            .is_empty(),
        "a program without OpenMP has one pool"
    );
    asked.openmp_runtime = Some("libgomp");
    let resolved = known.resolve_blas("openblas", &asked).unwrap();
    assert!(
        resolved
            .warnings
            .iter()
            .any(|conflict| conflict.severity == Severity::Warning
                && conflict.reason.contains("pool"))
    );
}

#[test]
fn what_a_library_does_not_have_is_refused_with_what_it_has() {
    let known = known();
    let error = known
        .resolve_blas("essl", &request("gcc", WantedThreading::Threaded))
        .unwrap_err()
        .to_string();
    assert!(error.contains("does not exist there"), "{error}");
    let tbb = WantedThreading::Exactly(Threading::Tbb);
    let error = known
        .resolve_blas("openblas", &request("gcc", tbb))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("there it is")
            && error.contains("openmp lp64")
            && error.contains("sequential ilp64"),
        "{error}"
    );
}
