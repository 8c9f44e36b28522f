//! The MPI that a variant says it has, and another one.

use cfgmatrix_core::{MpiIdentity, Version};

use super::*;

const PROGRAM: &str = "\
#include <mpi.h>
#include <stdio.h>
int main(int n, char **v) {
    int size = 0;
    MPI_Init(&n, &v);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    printf(\"%d\\n\", size);
    MPI_Finalize();
    return 0;
}
";

/// A place with a program of MPI, if this system has both implementations.
fn mpi_shop() -> Option<Workshop> {
    let needed = [
        "gcc-12",
        "mpicc.openmpi",
        "mpicc.mpich",
        "mpiexec.openmpi",
        "mpiexec.mpich",
    ];
    if !have_programs(&needed) {
        return None;
    }
    let shop = Workshop::new();
    shop.write("src/a.c", PROGRAM);
    std::fs::create_dir_all(shop.path().join("build")).unwrap();
    Some(shop)
}

/// A variant of `openmpi` or `mpich` that has its tools on this machine.
fn of_mpi(implementation: &str, version: Option<&str>) -> Variant<'static> {
    let mut variant = variant("gcc-sequential-debug");
    variant.blas = None;
    let configuration = &mut variant.configuration;
    configuration.mpi = Some(MpiIdentity {
        implementation: implementation.to_owned(),
        version: version.map(|version| version.parse::<Version>().unwrap()),
        sha256: BTreeMap::new(),
    });
    for tool in ["mpicc", "mpiexec"] {
        let path = format!("/usr/bin/{tool}.{implementation}");
        configuration.tools.insert(tool.to_owned(), path);
    }
    variant
}

/// One whose matrix has an axis `mpi`, of which it has none.
fn of_none() -> Variant<'static> {
    let mut variant = variant("gcc-sequential-debug");
    variant.blas = None;
    variant.axes.push(("mpi".to_owned(), "none".to_owned()));
    variant
}

fn proof_of(shop: &Workshop, variant: &Variant<'_>) -> Verification {
    static HELPER: std::sync::OnceLock<MpiHelper> = std::sync::OnceLock::new();
    let helper = HELPER.get_or_init(MpiHelper::new);
    let scene = scene(shop, Environment::new());
    let asking = Asking(None, Some(helper));
    verify(variant, known(), &Recogniser::new(), &scene, &asking).unwrap()
}

/// The claims of MPI, each `about verdict: observed`.
fn of_claims(verification: &Verification) -> Vec<String> {
    let claims = verification.claims.iter();
    claims
        .filter(|claim| claim.about.starts_with("mpi"))
        .map(|claim| {
            let observed = claim.observed.as_deref().unwrap_or("-");
            format!("{} {:?}: {observed}", claim.about, claim.verdict)
        })
        .collect()
}

fn lies(verification: &Verification) -> Vec<String> {
    let refuted = verification.refuted();
    refuted
        .filter(|claim| claim.about.starts_with("mpi"))
        .map(sentence)
        .collect()
}

#[test]
fn an_honest_build_is_proved() {
    let Some(shop) = mpi_shop() else { return };
    for (implementation, name) in [("openmpi", "Open MPI"), ("mpich", "MPICH")] {
        shop.run(&format!(
            "mpicc.{implementation} -g -O0 src/a.c -o build/app"
        ));
        let told = proof_of(&shop, &of_mpi(implementation, Some("4")));
        let found = of_claims(&told);
        assert_eq!(found[0], format!("mpi Proved: {name}"), "{told:#?}");
        let version = format!("mpi.version Proved: {name} 4.");
        assert!(found[1].starts_with(&version), "{told:#?}");
        assert_eq!(found[2..], ["mpi.world Proved: 2 ranks in one world"]);
        let evidence = &claim(&told, "mpi").evidence;
        let tried = format!("a program of mpicc.{implementation} runs on it, where it says `");
        assert!(evidence.contains(&tried), "{evidence}");

        // The version is what the library says, whatever the variant does.
        let told = proof_of(&shop, &of_mpi(implementation, Some("3")));
        assert_eq!(verdict(&told, "mpi"), Verdict::Proved, "{told:#?}");
        assert_eq!(verdict(&told, "mpi.version"), Verdict::Refuted, "{told:#?}");
    }
}

#[test]
fn the_wrapper_of_another_is_caught() {
    let Some(shop) = mpi_shop() else { return };
    let others = [
        ("openmpi", "Open MPI", "mpich", "MPICH"),
        ("mpich", "MPICH", "openmpi", "Open MPI"),
    ];
    for (asked, asked_name, used, used_name) in others {
        shop.run(&format!("mpicc.{used} -g -O0 src/a.c -o build/app"));
        let told = proof_of(&shop, &of_mpi(asked, Some("4")));
        let lies = lies(&told);
        let start = format!("app: asked for {asked_name}, runs {used_name} (");
        assert_eq!(lies.len(), 1, "{told:#?}");
        assert!(lies[0].starts_with(&start), "{lies:?}");
        // What was tried is not what was built, and does not speak for it.
        for about in ["mpi.version", "mpi.world"] {
            assert_eq!(verdict(&told, about), Verdict::Unknown, "{told:#?}");
        }
    }
}

#[test]
fn the_launcher_of_another_is_caught() {
    let Some(shop) = mpi_shop() else { return };
    for (own, other) in [("openmpi", "mpich"), ("mpich", "openmpi")] {
        shop.run(&format!("mpicc.{own} -g -O0 src/a.c -o build/app"));
        let mut variant = of_mpi(own, None);
        let launcher = format!("/usr/bin/mpiexec.{other}");
        let tools = &mut variant.configuration.tools;
        tools.insert("mpiexec".to_owned(), launcher);
        let told = proof_of(&shop, &variant);
        assert_eq!(verdict(&told, "mpi"), Verdict::Proved, "{told:#?}");
        assert_eq!(
            lies(&told),
            [format!(
                "asked for 2 ranks in one world, has 2 worlds of one rank each (mpiexec.{other} started 2 ranks, which do not find each other: it is of another MPI)"
            )]
        );
    }
}

#[test]
fn without_a_launcher_the_world_stays_unknown() {
    let Some(shop) = mpi_shop() else { return };
    shop.run("mpicc.openmpi -g -O0 src/a.c -o build/app");
    let told = |launcher: Option<&str>| {
        let mut variant = of_mpi("openmpi", None);
        let tools = &mut variant.configuration.tools;
        match launcher {
            Some(launcher) => tools.insert("mpiexec".to_owned(), launcher.to_owned()),
            None => tools.remove("mpiexec"),
        };
        let told = proof_of(&shop, &variant);
        assert_eq!(verdict(&told, "mpi"), Verdict::Proved, "{told:#?}");
        let world = claim(&told, "mpi.world").clone();
        assert_eq!(world.verdict, Verdict::Unknown, "{world:?}");
        world.evidence
    };
    assert_eq!(told(None), "there is no launcher of Open MPI");
    assert_eq!(
        told(Some("/usr/bin/true")),
        "true is no launcher that is known"
    );
}

#[test]
fn two_implementations_in_one_program_are_caught() {
    let Some(shop) = mpi_shop() else { return };
    let scalapack = Path::new(LIBRARIES).join("libscalapack-mpich.so");
    if !have(scalapack.exists(), "libscalapack-mpich-dev") {
        return;
    }
    // Debian's pkg-config answers so for `scalapack-mpich`.
    let flags = format!(
        "-I{LIBRARIES}/openmpi/include -Wl,--no-as-needed -lscalapack-mpich -L{LIBRARIES}/openmpi/lib -lmpi"
    );
    shop.run(&format!("gcc-12 -g -O0 src/a.c -o build/app {flags}"));
    for (implementation, name) in [("openmpi", "Open MPI"), ("mpich", "MPICH")] {
        let told = proof_of(&shop, &of_mpi(implementation, Some("4")));
        let mpi = claim(&told, "mpi");
        assert_eq!(mpi.verdict, Verdict::Refuted, "{told:#?}");
        assert_eq!(mpi.claimed, name);
        let observed = mpi.observed.as_deref().unwrap();
        assert!(
            ["Open MPI and MPICH", "MPICH and Open MPI"].contains(&observed),
            "{mpi:?}"
        );
        assert!(
            mpi.evidence.contains("needed by libscalapack-mpich.so"),
            "{mpi:?}"
        );
    }
}

#[test]
fn an_mpi_where_there_should_be_none_is_caught() {
    let Some(shop) = mpi_shop() else { return };
    shop.run("mpicc.mpich -g -O0 src/a.c -o build/app");
    let told = proof_of(&shop, &of_none());
    let lies = lies(&told);
    assert_eq!(lies.len(), 1, "{told:#?}");
    let start = "app: asked for no MPI, runs MPICH (";
    assert!(lies[0].starts_with(start), "{lies:?}");
    assert!(lies[0].ends_with(" needed by app)"), "{lies:?}");

    // A stub of one process has the routines, and is no MPI.
    shop.write(
        "src/stub.c",
        "int MPI_Init(int *n, char ***v) { (void)n; (void)v; return 0; }\n",
    );
    shop.write(
        "src/a.c",
        "int MPI_Init(int *, char ***);\nint main(void) { return MPI_Init(0, 0); }\n",
    );
    shop.run("gcc-12 -shared -fPIC src/stub.c -o build/libstub.so");
    let build = shop.path().join("build").display().to_string();
    shop.run(&format!(
        "gcc-12 -g -O0 src/a.c -o build/app -Lbuild -lstub -Wl,-rpath,{build}"
    ));
    let told = proof_of(&shop, &of_none());
    assert_eq!(of_claims(&told), ["mpi Unknown: -"; 2], "{told:#?}");
    std::fs::remove_file(shop.path().join("build/libstub.so")).unwrap();

    shop.write("src/a.c", "int main(void) { return 0; }\n");
    shop.run("gcc-12 -g -O0 src/a.c -o build/app");
    let told = proof_of(&shop, &of_none());
    assert_eq!(of_claims(&told), ["mpi Proved: no MPI"], "{told:#?}");
    // Where the matrix has no such axis, nothing is said.
    let told = proof_of(&shop, &variant("gcc-sequential-debug"));
    assert_eq!(of_claims(&told), [""; 0]);
}

#[test]
fn an_mpi_that_nothing_calls_is_not_proved() {
    let Some(shop) = mpi_shop() else { return };
    shop.write("src/b.c", "int main(void) { return 0; }\n");
    shop.run("mpicc.openmpi -g -O0 -Wl,--as-needed src/b.c -o build/app");
    let evidence = |told: &Verification| {
        assert_eq!(of_claims(told), ["mpi Unknown: -"], "{told:#?}");
        claim(told, "mpi").evidence.clone()
    };
    let told = proof_of(&shop, &of_mpi("openmpi", Some("4")));
    assert_eq!(evidence(&told), "nothing that was built calls MPI");
    // A plug-in has it from the program that loads it.
    std::fs::remove_file(shop.path().join("build/app")).unwrap();
    let headers = format!("-I{LIBRARIES}/openmpi/include");
    shop.write(
        "src/b.c",
        "#include <mpi.h>\nint b(void) { return MPI_Init(0, 0); }\n",
    );
    shop.run(&format!(
        "gcc-12 -g -shared -fPIC {headers} src/b.c -o build/b.so"
    ));
    let told = proof_of(&shop, &of_mpi("openmpi", Some("4")));
    assert!(evidence(&told).starts_with("it calls `MPI_Init`, and nothing that is loaded"));
}
