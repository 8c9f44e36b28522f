use super::*;
use crate::error::Error;

fn document(name: &str, text: &str) -> Document {
    Document::from_bytes(name, text.as_bytes().to_vec()).unwrap()
}

fn of_github(text: &str) -> Result<Imported, Error> {
    github(&document("ci.yml", text), None, |word| {
        matches!(word, "gcc" | "clang")
    })
}

fn of_pict(text: &str) -> Imported {
    pict(&document("model.txt", text), &PictOptions::default()).unwrap()
}

/// The TOML, as it is read again.
fn table(imported: &Imported) -> toml::Table {
    imported
        .toml
        .parse()
        .unwrap_or_else(|error| panic!("{error}\n{}", imported.toml))
}

fn workflow(matrix: &str) -> String {
    let indented: String = matrix
        .lines()
        .map(|line| format!("        {line}\n"))
        .collect();
    format!("jobs:\n  test:\n    runs-on: x\n    strategy:\n      matrix:\n{indented}")
}

fn values(table: &toml::Table, axis: &str) -> Vec<toml::Value> {
    table["axes"][axis]["values"].as_array().unwrap().clone()
}

fn strings(values: &[&str]) -> Vec<toml::Value> {
    values
        .iter()
        .map(|&value| toml::Value::String(value.to_owned()))
        .collect()
}

#[test]
fn an_include_joins_the_rows_that_it_does_not_contradict() {
    // The example of GitHub's own documentation.
    let imported = of_github(&workflow(
        "fruit: [apple, pear]\nanimal: [cat, dog]\ninclude:\n  - color: green\n  - color: pink\n    animal: cat\n  - fruit: apple\n    shape: circle\n  - fruit: banana\n  - fruit: banana\n    animal: cat\n",
    ))
    .unwrap();
    let table = table(&imported);
    assert_eq!(
        values(&table, "fruit"),
        strings(&["apple", "pear", "banana"])
    );
    assert_eq!(values(&table, "animal"), strings(&["cat", "dog", "none"]));
    let sets = table["set"].as_array().unwrap();
    assert_eq!(
        sets[0]["if"].as_str().unwrap(),
        "!(fruit == \"banana\" && animal == \"none\") && !(fruit == \"banana\" && animal == \"cat\")"
    );
    assert_eq!(sets[0]["vars"]["color"].as_str(), Some("green"));
    assert_eq!(
        sets[1]["if"].as_str().unwrap(),
        "animal == \"cat\" && !(fruit == \"banana\" && animal == \"cat\")"
    );
    assert_eq!(sets[2]["if"].as_str(), Some("fruit == \"apple\""));
    let includes = table["include"].as_array().unwrap();
    assert_eq!(includes.len(), 2);
    assert_eq!(includes[0]["row"]["animal"].as_str(), Some("none"));
    assert_eq!(includes[1]["row"]["animal"].as_str(), Some("cat"));
    assert_eq!(includes[0]["force"].as_bool(), Some(true));
    let forbidden: Vec<&str> = table["forbid"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| rule["if"].as_str().unwrap())
        .collect();
    assert_eq!(forbidden, ["fruit == \"banana\"", "animal == \"none\""]);
    assert_eq!(
        imported.notes,
        ["line 14: the included row has no `animal`, which is the value `none` here"]
    );
}

#[test]
fn an_excluded_row_may_be_included_again() {
    let imported = of_github(&workflow(
        "os: [a, b]\nn: [1, 2]\nexclude:\n  - os: a\n    n: 1\ninclude:\n  - os: a\n    n: 1\n    x: true\n",
    ))
    .unwrap();
    let table = table(&imported);
    assert_eq!(
        table["forbid"][0]["if"].as_str(),
        Some("os == \"a\" && n == 1")
    );
    assert_eq!(table["include"][0]["row"]["n"].as_integer(), Some(1));
    assert_eq!(table["set"][0]["vars"]["x"].as_bool(), Some(true));
}

#[test]
fn a_matrix_of_includes_is_its_rows() {
    let imported = of_github(&workflow(
        "include:\n  - os: a\n    cc: gcc\n  - os: b\n  - os: a\n    cc: gcc\n",
    ))
    .unwrap();
    let table = table(&imported);
    let zip = &table["zip"][0];
    assert_eq!(
        zip["axes"].as_array().unwrap().as_slice(),
        strings(&["os", "cc"])
    );
    let rows = zip["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(
        rows[1].as_array().unwrap().as_slice(),
        strings(&["b", "none"])
    );
    assert_eq!(imported.notes.len(), 2, "{:?}", imported.notes);
}

#[test]
fn values_keep_their_types_and_maps_are_variables() {
    let imported = of_github(&workflow(
        "n: [1, 2]\nb: [true, false]\nv: [3.10, '3.11']\ncompiler: [gcc, clang]\nmpi: [none, x]\nconf:\n  - name: one\n    cc: gcc\n  - name: two\n    flags: [a, b]\n",
    ))
    .unwrap();
    let table = table(&imported);
    assert_eq!(values(&table, "n")[1].as_integer(), Some(2));
    assert_eq!(values(&table, "b")[0].as_bool(), Some(true));
    assert_eq!(values(&table, "v"), strings(&["3.1", "3.11"]));
    assert_eq!(values(&table, "compiler"), strings(&["gcc", "clang"]));
    assert_eq!(values(&table, "mpi_"), strings(&["none", "x"]));
    assert_eq!(
        values(&table, "conf")[0]["vars"]["conf_cc"].as_str(),
        Some("gcc")
    );
    assert_eq!(
        values(&table, "conf")[1]["vars"]["conf_flags"].as_str(),
        Some("[a, b]")
    );
    assert_eq!(imported.notes.len(), 3, "{:?}", imported.notes);
    for note in &imported.notes {
        assert!(imported.toml.contains(&format!("# - {note}\n")), "{note}");
    }
}

#[test]
fn what_runs_decide_is_told() {
    let imported = of_github(&workflow(
        "os: [a]\nn: ${{ fromJSON(needs.x.outputs.y) }}\nexclude: ${{ fromJSON(env.z) }}\n",
    ))
    .unwrap();
    assert_eq!(imported.notes.len(), 2, "{:?}", imported.notes);
    let error =
        of_github("jobs:\n  a:\n    strategy:\n      matrix: ${{ fromJSON(needs.x.outputs.y) }}\n");
    let error = error.unwrap_err().to_string();
    assert_eq!(
        error,
        "ci.yml:4:15: the matrix is an expression that GitHub evaluates as it runs"
    );
}

#[test]
fn names_and_values_that_need_quotes_survive() {
    let imported = of_pict(
        "na me: a\"b, c\\d, <e>, 'f', ü, ${{ x }}\n#x\nin: 1, 2\n[in] = 1;\n[na me] <> \"a\\\"b\" AND [na me] <> \"c\\\\d\" OR [in] = 2;\n",
    );
    let table = table(&imported);
    assert_eq!(
        values(&table, "na_me"),
        strings(&["a\"b", "c\\d", "<e>", "'f'", "ü", "${{ x }}"])
    );
    assert_eq!(table["require"][0]["then"].as_str(), Some("`in` == \"1\""));
    assert_eq!(
        table["require"][1]["then"].as_str(),
        Some("na_me != \"a\\\"b\" && na_me != \"c\\\\d\" || `in` == \"2\"")
    );
}

#[test]
fn rules_of_pict_are_requirements() {
    let imported = of_pict(
        "A: 1, 2, 3\nB: 1, 2, 3\n$R: ok, bad\nIF [A] = 1 THEN [B] = 1 ELSE [B] <> 1;\n[A] <= [B];\nIF [A] = 1 THEN [A] = 2;\nIF [A] = 9 THEN [B] = 1;\nIF [B] = 2 THEN [$R] = \"bad\";\n[$R] <> [A];\n".replace("\n[$R] <> [A];", "").as_str(),
    );
    let table = table(&imported);
    let rules = table["require"].as_array().unwrap();
    let text = |index: usize, key: &str| rules[index].get(key).and_then(toml::Value::as_str);
    assert_eq!(text(0, "id"), Some("pict-1-then"));
    assert_eq!(
        (text(0, "if"), text(0, "then")),
        (Some("A == \"1\""), Some("B == \"1\""))
    );
    assert_eq!(
        (text(1, "if"), text(1, "then")),
        (Some("A != \"1\""), Some("B != \"1\""))
    );
    assert_eq!(text(2, "if"), None);
    assert_eq!(
        text(2, "then"),
        Some("A == \"1\" || A == \"2\" && B != \"1\" || A == \"3\" && B == \"3\"")
    );
    assert_eq!(table["set"][0]["vars"]["R"].as_str(), Some("bad"));
    assert_eq!(table["set"][0]["if"].as_str(), Some("B == \"2\""));
    assert!(
        imported
            .notes
            .iter()
            .any(|note| note.contains("excludes nothing"))
    );
    assert!(table["axes"].get("$R").is_none() && table["axes"].get("_R").is_none());
}

#[test]
fn what_pict_has_more_is_told() {
    let imported =
        of_pict("A @ 3: 1 (5), 2 | two, 2, , ~3\nB: x, ~y\nC: x, ~y\n{ A, B, C } @ 3\n[D] = 1;\n");
    let table = table(&imported);
    assert_eq!(values(&table, "A")[0]["weight"].as_integer(), Some(5));
    assert_eq!(values(&table, "A")[2].as_str(), Some("blank"));
    assert_eq!(values(&table, "A")[3].as_str(), Some("~3"));
    let forbid = table["forbid"].as_array().unwrap();
    assert_eq!(
        forbid[0]["if"].as_str(),
        Some("A == \"~3\" && (B == \"~y\" || C == \"~y\")")
    );
    assert_eq!(forbid[1]["if"].as_str(), Some("B == \"~y\" && C == \"~y\""));
    assert_eq!(
        table["profile"]["pict"]["mixed"][0]["strength"].as_integer(),
        Some(3)
    );
    for part in [
        "several names",
        "more than once",
        "blank",
        "out of range",
        "submodels",
        "order 3",
        "is no parameter",
    ] {
        assert!(
            imported.notes.iter().any(|note| note.contains(part)),
            "{part}: {:?}",
            imported.notes
        );
    }
}

#[test]
fn zipped_keys_of_conda_turn_together() {
    let text = "python: [3.10, 3.11]   # [linux]\npython:   # [osx]\n  - 3.9  # [osx and (arm64 or x86_64)]\nnumpy:\n  - 1.26\n  - 2.0  # [not osx]\nblas: mkl\nzip_keys:\n  - [python, numpy]\n  - [absent]\n";
    let imported = conda(&document("c.yaml", text), Some("linux-64")).unwrap();
    let table = table(&imported);
    let rows = table["zip"][0]["rows"].as_array().unwrap();
    assert_eq!(
        rows[0].as_array().unwrap().as_slice(),
        strings(&["3.10", "1.26"])
    );
    assert_eq!(rows.len(), 2);
    assert_eq!(values(&table, "blas_"), strings(&["mkl"]));
    let imported = conda(&document("c.yaml", text), Some("osx-arm64")).unwrap();
    assert!(
        imported.toml.contains("rows = [[\"3.9\", \"1.26\"]]"),
        "{}",
        imported.toml
    );
    let error = conda(
        &document("c.yaml", "a: [1, 2]\nb: [1]\nzip_keys:\n  - [a, b]\n"),
        None,
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "c.yaml:4:5: zipped keys have the same number of values, and `a` has 2, `b` 1"
    );
}

#[test]
fn any_file_is_imported_or_refused() {
    let texts = [
        workflow("os: &a [x, y]\nn: *a\ninclude: [{os: x, z: {q: [1]}}]\nexclude: [{os: y}]\n"),
        "python: [1, 2] # [win]\nzip_keys: [[python, b]]\nb: [1, 2]\n".to_owned(),
        "A: 1, ~2\nB: <A>, 3 (2) | x\n{A, B}\nIF [A] = 1 THEN [B] > 1;\n".to_owned(),
    ];
    for text in &texts {
        for end in (0..=text.len()).filter(|&end| text.is_char_boundary(end)) {
            let part = document("f", &text[..end]);
            let imported = [
                github(&part, None, |_| false),
                conda(&part, Some("win-64")),
                pict(&part, &PictOptions::default()),
            ];
            for imported in imported.into_iter().flatten() {
                table(&imported);
            }
        }
    }
}
