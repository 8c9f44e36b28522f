//! `cmake-presets` and `cmake-toolchain`, read by CMake.

use std::fs;
use std::path::Path;

use cfgmatrix::core::emit::Format;
use serde_json::Value;

use super::{
    TEXTS, c_program, emitted, needed, output, program, refusal, sixteen, stdout, texts_of,
    variables, with_defines, with_environment, written,
};

/// A project that has its own idea of a build type, and a test.
const PROJECT: &str = "cmake_minimum_required(VERSION 3.16)\nproject(probe C)\n\
    if(NOT CMAKE_BUILD_TYPE)\n  set(CMAKE_BUILD_TYPE Release CACHE STRING \"\" FORCE)\nendif()\n\
    add_executable(program program.c)\ntarget_link_libraries(program PRIVATE ${CMAKE_DL_LIBS})\n\
    enable_testing()\nadd_test(NAME runs COMMAND program)\n";

const GENERATORS: [(&str, &str); 2] = [("Ninja", "ninja"), ("Unix Makefiles", "make")];

fn presets(expansion: &super::Expansion<'_>) -> Value {
    let files = emitted(Format::CmakePresets, expansion);
    assert_eq!(files[0].path, "CMakePresets.json");
    serde_json::from_str(&files[0].text).unwrap()
}

#[test]
fn presets_build_and_test_sixteen_variants_as_they_are() {
    let Some(cmake) = needed("cmake") else { return };
    if !sixteen::are_here() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let top = directory.path();
    fs::write(top.join("CMakeLists.txt"), PROJECT).unwrap();
    for name in sixteen::write(Format::CmakePresets, top, &[]) {
        // The user's own flags are none of the variant's.
        let mut workflow = program(&cmake, top);
        workflow
            .env("CFLAGS", "-DNDEBUG -O1")
            .env("LDFLAGS", "-L/nowhere");
        output(workflow.args(["--workflow", "--preset", &name]));
        let build = top.join("build").join(&name);
        sixteen::assert_is(&name, &stdout(&mut program(build.join("program"), top)));
        let kind = if name.ends_with("-debug") {
            "Debug"
        } else {
            "Release"
        };
        let cache = fs::read_to_string(build.join("CMakeCache.txt")).unwrap();
        assert!(
            cache.contains(&format!("CMAKE_BUILD_TYPE:UNINITIALIZED={kind}"))
                || cache.contains(&format!("CMAKE_BUILD_TYPE:STRING={kind}")),
            "{name}"
        );
    }
    let file = fs::read_to_string(top.join("CMakePresets.json")).unwrap();
    let file: Value = serde_json::from_str(&file).unwrap();
    // What variants share is said once: a variant has its flags, and what it is.
    // Which library is the threaded one is decided by the compiler, too.
    let presets = file["configurePresets"].as_array().unwrap().iter();
    let own: Vec<&Value> = presets.filter(|one| one["hidden"] != true).collect();
    assert_eq!(own.len(), 16);
    for preset in own {
        let cache = preset["cacheVariables"].as_object().unwrap();
        let name = preset["name"].as_str().unwrap();
        let expected: &[&str] = match name.contains("-threaded-") {
            false => &["CMAKE_C_FLAGS"],
            true => &[
                "CMAKE_C_FLAGS",
                "CMAKE_EXE_LINKER_FLAGS",
                "CMAKE_MODULE_LINKER_FLAGS",
                "CMAKE_SHARED_LINKER_FLAGS",
            ],
        };
        assert_eq!(cache.keys().collect::<Vec<_>>(), expected, "{preset}");
    }
}

#[test]
fn what_is_inherited_is_what_the_variant_would_say_itself() {
    let all = super::expansion(include_str!("../../../matrix/default.toml"));
    let file = presets(&all);
    let by_name = |name: &str| -> &Value {
        let mut presets = file["configurePresets"].as_array().unwrap().iter();
        presets.find(|preset| preset["name"] == name).unwrap()
    };
    for variant in &all.variants {
        let mut alone = super::Expansion::empty("alone");
        alone.variants.push(variant.clone());
        let alone = &presets(&alone)["configurePresets"][1];
        let own = by_name(&variant.name);
        for field in ["cacheVariables", "environment"] {
            let mut resolved = serde_json::Map::new();
            let inherits = own["inherits"].as_array().unwrap();
            let inherited = inherits.iter().map(|name| by_name(name.as_str().unwrap()));
            for preset in std::iter::once(own).chain(inherited) {
                for (name, value) in preset[field].as_object().into_iter().flatten() {
                    let earlier = resolved.insert(name.clone(), value.clone());
                    assert!(earlier.is_none_or(|earlier| earlier == *value), "{name}");
                }
            }
            assert_eq!(
                Some(&resolved),
                alone[field].as_object(),
                "{}",
                variant.name
            );
        }
    }
}

#[test]
fn toolchain_files_build_sixteen_variants_as_they_are() {
    let Some(cmake) = needed("cmake") else { return };
    if !sixteen::are_here() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let top = directory.path();
    fs::write(top.join("CMakeLists.txt"), PROJECT).unwrap();
    for name in sixteen::write(Format::CmakeToolchain, top, &[]) {
        let build = top.join("build").join(&name);
        let mut configure = program(&cmake, top);
        configure
            .env("CFLAGS", "-DNDEBUG -O1")
            .env("LDFLAGS", "-L/nowhere");
        let toolchain = format!("-DCMAKE_TOOLCHAIN_FILE={}/{name}.cmake", top.display());
        output(configure.arg("-S.").arg("-B").arg(&build).arg(toolchain));
        output(program(&cmake, top).arg("--build").arg(&build));
        sixteen::assert_is(&name, &stdout(&mut program(build.join("program"), top)));
        let cache = fs::read_to_string(build.join("CMakeCache.txt")).unwrap();
        assert!(!cache.contains("CMAKE_CROSSCOMPILING:"), "{name}");
    }
}

/// Configures twice, because the cache is read back, builds, and runs.
fn build_with(cmake: &Path, top: &Path, configure: &[&str], binary: &Path) -> Vec<String> {
    output(program(cmake, top).args(configure));
    output(program(cmake, top).arg(binary));
    output(program(cmake, top).arg("--build").arg(binary));
    texts_of(&output(&mut program(binary.join("program"), top)).stdout)
}

#[test]
fn hostile_flags_reach_the_compiler_by_every_generator() {
    let (Some(cmake), Some(_)) = (needed("cmake"), needed("gcc")) else {
        return;
    };
    let texts: Vec<&str> = TEXTS
        .into_iter()
        .filter(|text| !text.contains("\\#"))
        .collect();
    assert_eq!(texts.len(), TEXTS.len() - 1);
    for (generator, tool) in GENERATORS {
        if needed(tool).is_none() {
            continue;
        }
        for texts in [&texts[..], &texts[1..2], &texts[5..6]] {
            let expansion = with_defines(texts);
            for format in [Format::CmakePresets, Format::CmakeToolchain] {
                let directory = written(&emitted(format, &expansion));
                let top = directory.path();
                fs::write(top.join("CMakeLists.txt"), PROJECT).unwrap();
                fs::write(top.join("program.c"), c_program(texts.len())).unwrap();
                let binary = top.join("build").join("gcc");
                let how = if format == Format::CmakePresets {
                    vec!["--preset", "gcc"]
                } else {
                    vec!["-S.", "-Bbuild/gcc", "-DCMAKE_TOOLCHAIN_FILE=gcc.cmake"]
                };
                let how: Vec<&str> = how.into_iter().chain(["-G", generator]).collect();
                let said = build_with(&cmake, top, &how, &binary);
                assert_eq!(said, texts, "{format}, {generator}");
            }
        }
    }
}

#[test]
fn the_environment_reaches_configuring_building_and_testing() {
    let Some(cmake) = needed("cmake") else { return };
    let texts: Vec<&str> = TEXTS
        .into_iter()
        .chain(["", "two\nlines\n", "trailing\\", "trailing'"])
        .collect();
    let mut expansion = with_environment(&texts);
    let run_env = variables(&texts)
        .into_iter()
        .map(|(name, value)| (format!("RUN_{name}"), value));
    expansion.variants[0].configuration.run_env = run_env.collect();
    let directory = written(&emitted(Format::CmakePresets, &expansion));
    let top = directory.path();
    let project = "cmake_minimum_required(VERSION 3.16)\nproject(environment NONE)\n\
        execute_process(COMMAND env -0 OUTPUT_FILE ${CMAKE_BINARY_DIR}/configured)\n\
        add_custom_target(built ALL COMMAND env -0 >${CMAKE_BINARY_DIR}/built)\n\
        enable_testing()\nadd_test(NAME tested COMMAND sh -c \"env -0 >${CMAKE_BINARY_DIR}/tested\")\n";
    fs::write(top.join("CMakeLists.txt"), project).unwrap();
    output(program(cmake, top).args(["--workflow", "--preset", "gcc"]));
    let stages = [
        ("configured", &["V"][..]),
        ("built", &["V"]),
        ("tested", &["V", "RUN_V"]),
    ];
    for (stage, prefixes) in stages {
        let said = texts_of(&fs::read(top.join("build/gcc").join(stage)).unwrap());
        for prefix in prefixes {
            for (at, text) in texts.iter().enumerate() {
                let entry = format!("{prefix}{at}={text}");
                assert!(said.contains(&entry), "{stage}: {entry}");
            }
        }
        assert!(
            said.contains(&"CFGMATRIX_VARIANT=gcc".to_owned()),
            "{stage}"
        );
    }
}

#[test]
fn the_origin_in_a_run_path_stays_by_every_generator() {
    let (Some(cmake), Some(_), Some(readelf)) = (needed("cmake"), needed("gcc"), needed("readelf"))
    else {
        return;
    };
    let mut expansion = with_environment(&[]);
    let flags = &mut expansion.variants[0].configuration.flags;
    flags.ldflags = vec!["-Wl,-rpath,$ORIGIN/../my libs".to_owned()];
    flags.libs = vec!["-lm".to_owned()];
    for (generator, tool) in GENERATORS {
        if needed(tool).is_none() {
            continue;
        }
        let directory = written(&emitted(Format::CmakePresets, &expansion));
        let top = directory.path();
        fs::write(top.join("CMakeLists.txt"), PROJECT).unwrap();
        fs::write(top.join("program.c"), "int main(void) { return 0; }\n").unwrap();
        output(program(&cmake, top).args(["--preset", "gcc", "-G", generator]));
        output(program(&cmake, top).args(["--build", "--preset", "gcc"]));
        let said = stdout(program(&readelf, top).args(["-d", "build/gcc/program"]));
        assert!(said.contains("[$ORIGIN/../my libs]"), "{generator}: {said}");
    }
}

#[test]
fn a_launcher_before_the_compiler_and_languages_stay() {
    let mut expansion = with_environment(&[]);
    let tools = &mut expansion.variants[0].configuration.tools;
    tools.insert("cc".to_owned(), "/usr/bin/ccache gcc".to_owned());
    tools.insert("fc".to_owned(), "gfortran".to_owned());
    tools.insert("mpicc".to_owned(), "/opt/mpi/bin/mpicc".to_owned());
    tools.insert("ar".to_owned(), "gcc-ar".to_owned());
    let file = presets(&expansion);
    let cache = &file["configurePresets"][1]["cacheVariables"];
    for (name, value) in [
        ("CMAKE_C_COMPILER", "/usr/bin/ccache;gcc"),
        ("CMAKE_Fortran_COMPILER", "gfortran"),
        ("MPI_C_COMPILER", "/opt/mpi/bin/mpicc"),
        ("CMAKE_AR", "gcc-ar"),
        ("CMAKE_BUILD_TYPE", "None"),
    ] {
        assert_eq!(cache[name], value, "{name}");
    }
    assert_eq!(cache["CMAKE_CXX_COMPILER"], Value::Null);
    let text = &emitted(Format::CmakeToolchain, &expansion)[0].text;
    assert!(
        text.contains("set(CMAKE_C_COMPILER \"/usr/bin/ccache\" \"gcc\")\n"),
        "{text}"
    );
}

#[test]
fn what_make_and_ninja_read_differently_is_refused() {
    let mut expansion = with_environment(&[]);
    let flags = &mut expansion.variants[0].configuration.flags;
    flags.cflags = vec!["--sysroot=$HOME".to_owned()];
    for format in [Format::CmakePresets, Format::CmakeToolchain] {
        let expected = format!(
            "{format} cannot express variable `CMAKE_C_FLAGS` of variant `gcc`: it has a `$`, which make and Ninja read differently there"
        );
        assert_eq!(refusal(format, &expansion), expected);
    }
    let flags = &mut expansion.variants[0].configuration.flags;
    flags.cflags = vec!["-DX=a\\#b".to_owned()];
    let message = refusal(Format::CmakePresets, &expansion);
    assert!(
        message.ends_with(
            "it has a backslash before a `#`, which make and Ninja read differently there"
        ),
        "{message}"
    );
    let flags = &mut expansion.variants[0].configuration.flags;
    flags.cflags = vec!["-DX=a\nb".to_owned()];
    let expected = "cmake-presets cannot express variable `CMAKE_C_FLAGS` of variant `gcc`: it has a line break";
    assert_eq!(refusal(Format::CmakePresets, &expansion), expected);
}
