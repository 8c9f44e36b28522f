use proptest::prelude::*;

use super::*;

fn parse(text: &str) -> Result<PictModel, Error> {
    let document = Document::from_bytes("model.txt", text.as_bytes().to_vec()).unwrap();
    PictModel::parse(&document, &PictOptions::default())
}

/// What is wrong with a model, its place, and the hint.
fn refusal(text: &str) -> String {
    let error = parse(text).unwrap_err();
    let hint = error
        .hint()
        .map_or_else(String::new, |hint| format!(" | {hint}"));
    format!("{error}{hint}")
}

fn warnings(text: &str) -> Vec<String> {
    let model = parse(text).unwrap();
    let warnings = model.warnings().iter().map(|warning| {
        let hint = warning.hint.iter().map(|hint| format!(" | {hint}"));
        format!("{warning}{}", hint.collect::<String>())
    });
    warnings.collect()
}

/// Whether a row, given by numbers of values, satisfies all constraints.
fn allows(model: &PictModel, row: &[u32]) -> bool {
    model.rules().iter().all(|rule| rule.formula().holds(row))
}

/// The rows of a model of two parameters that its constraints allow.
fn allowed(text: &str) -> Vec<(String, String)> {
    let model = parse(text).unwrap();
    let names = |number: usize| {
        let values = model.parameters()[number].values.iter();
        values
            .map(|value| value.name().to_owned())
            .collect::<Vec<_>>()
    };
    let (lefts, rights) = (names(0), names(1));
    let mut rows = Vec::new();
    for (left, one) in (0..).zip(&lefts) {
        for (right, other) in (0..).zip(&rights) {
            if allows(&model, &[left, right]) {
                rows.push((one.clone(), other.clone()));
            }
        }
    }
    rows
}

fn pairs(text: &str) -> Vec<(String, String)> {
    let pairs = text.split_whitespace().map(|pair| {
        let (one, other) = pair.split_once('-').unwrap();
        (one.to_owned(), other.to_owned())
    });
    pairs.collect()
}

#[test]
fn a_model_with_everything_is_read() {
    let model = parse(
        "\u{feff}# volumes\r
Type:   Primary (10), Logical | Extended (0x2), ~Span\r
  Size @ 3 : 10, 1e2 , ~-1\r
Other:  <Type>, <Unknown>, , last (x) (3)\r
$Result: pass, fail\r
\r
{ type, SIZE } @ 2\r
{ Size, Other }\r
\r
IF [Type] = \"primary\"\r
  # in between\r
  THEN [Size] >= 100 ELSE [Other] LIKE \"l*\";\r
[Size] <> 10 OR IsNegative(Type);\r
",
    )
    .unwrap();
    let parameters = model.parameters();
    assert_eq!(parameters.len(), 4);
    assert_eq!(parameters[0].values[0].weight, 10);
    assert_eq!(parameters[0].values[1].names, ["Logical", "Extended"]);
    assert_eq!(parameters[0].values[1].weight, 2);
    assert!(parameters[0].values[2].negative);
    assert_eq!(parameters[1].name, "Size");
    assert_eq!(parameters[1].order, Some(3));
    assert_eq!(parameters[1].values[2].name(), "-1");
    let names: Vec<&str> = parameters[2].values.iter().map(PictValue::name).collect();
    assert_eq!(
        names,
        ["Primary", "Logical", "Span", "<Unknown>", "", "last (x)"]
    );
    assert!(parameters[2].values[2].negative);
    assert_eq!(parameters[2].values[5].weight, 3);
    assert!(parameters[3].is_result());
    assert_eq!(model.submodels()[0].parameters, [0, 1]);
    assert_eq!(model.submodels()[0].order, Some(2));
    assert_eq!(model.submodels()[1].order, None);
    assert_eq!(model.rules().len(), 2);
    assert_eq!(model.rules()[1].text, "[Size] <> 10 OR IsNegative(Type)");
    // The row is Primary, 100, …: THEN holds.
    assert!(allows(&model, &[0, 1, 0, 0]));
    assert!(!allows(&model, &[0, 0, 0, 0]));
    assert!(!allows(&model, &[1, 1, 0, 0]));
    assert!(allows(&model, &[1, 1, 1, 0]));
    assert!(allows(&model, &[2, 0, 5, 0]));
    assert_eq!(model.value(0, "extended"), Some(1));
    assert_eq!(model.parameter("OTHER"), Some(2));
    assert!(model.warnings().is_empty(), "{:?}", model.warnings());
}

#[test]
fn relations_compare_numbers_as_numbers_and_texts_as_texts() {
    assert_eq!(
        allowed("A: 1, 2, 10\nB: 2, 3\n[A] > [B];"),
        pairs("10-2 10-3")
    );
    assert_eq!(allowed("A: 1, 2, 10, x\nB: 2, y\n[A] > [B];"), pairs("x-2"));
    assert_eq!(
        allowed("A: a, B\nB: b, C\n(NOT ([A] = [B])) AND [A] <= [B];"),
        pairs("a-b a-C B-C")
    );
    assert_eq!(
        allowed("A: a, b, c\nB: 1, 2\n[A] NOT IN {\"A\", \"c\"};"),
        pairs("b-1 b-2")
    );
    assert_eq!(
        allowed("A: ab, bb, cc\nB: 1\n[A] LIKE \"?b\" AND [A] NOT LIKE \"A*\";"),
        pairs("bb-1")
    );
    assert_eq!(
        allowed("A: ab, a*\nB: a*, b\n[A] LIKE [B];"),
        pairs("ab-a* a*-a*")
    );
    assert_eq!(
        allowed("A: 1, 2\nB: 1, ~2\nIF IsNegative() THEN [A]=1;\nIF IsPositive(B) THEN [A]=2;"),
        pairs("1-2 2-1")
    );
}

#[test]
fn what_has_no_order_is_as_in_pict() {
    // `NOT` is carried down to the relation, and no relation of order holds.
    assert_eq!(allowed("A: 1, nan\nB: 1\n[A] < 1;"), pairs("nan-1"));
    assert_eq!(allowed("A: 1, inf\nB: 1\n[A] = inf;"), pairs(""));
}

#[test]
fn words_need_no_space_between_them() {
    assert_eq!(
        allowed("A: 1, 2\nB: 1, 2\nif[a]=1then[b]in{2}else[b]=1and[a]=2;"),
        pairs("1-2 2-1")
    );
    // A line break separates nothing, as comments separate nothing.
    assert_eq!(
        allowed("A: xy, z\nB: 1\n[A] = \"x\n# comment\ny\";"),
        pairs("xy-1")
    );
}

#[test]
fn escapes_are_for_what_ends_a_text() {
    assert_eq!(
        allowed("A[1]: x\"y, z\\\nB: 1\nIF [A[1\\]] = \"x\\\"y\" THEN [B] = 2;"),
        pairs("z\\-1")
    );
}

#[test]
fn precedence_is_not_and_or() {
    // OR last: B=2 alone is enough.
    assert_eq!(
        allowed("A: 1, 2\nB: 1, 2\n[A] = 1 AND [B] = 1 OR [B] = 2;"),
        pairs("1-1 1-2 2-2")
    );
    assert_eq!(
        allowed("A: 1, 2\nB: 1, 2\n[B] = 2 OR NOT [A] = 1 AND [B] = 1;"),
        pairs("1-2 2-1 2-2")
    );
    assert_eq!(
        allowed("A: 1, 2\nB: 1, 2\n([B] = 2 OR NOT NOT [A] = 1) AND [B] = 1;"),
        pairs("1-1")
    );
}

#[test]
fn warnings_name_what_may_have_been_meant() {
    assert_eq!(
        warnings("File system: FAT, NTFS\nB: 1, 2\nIF [Filesystem] = \"FAT\" THEN [B] = 1;"),
        [
            "model.txt:3:4: the constraint is left out: `Filesystem` is no parameter | did you mean `File system`?"
        ]
    );
    assert_eq!(
        warnings("A: FAT32, NTFS\nB: 1, 2\nIF [A] = \"FAT23\" THEN [B] > 0;"),
        [
            "model.txt:3:4: no value of `A` satisfies `[A] = \"FAT23\"` | did you mean `FAT32`?",
            "model.txt:3:23: every value of `B` satisfies `[B] > 0`",
        ]
    );
    assert_eq!(
        warnings("A: 1\nB: 1\n{ A, C } @ 2\n{ A, a }"),
        [
            "model.txt:3:6: the submodel is left out: `C` is no parameter | did you mean `A` or `B`?",
            "model.txt:4:1: the submodel names a parameter twice"
        ]
    );
}

#[test]
fn an_unknown_parameter_takes_only_its_own_part_away() {
    assert_eq!(
        allowed("A: 1, 2\nB: 1, 2\nIF [A] = 1 THEN [B] = 1 ELSE [C] = 1;"),
        pairs("1-1 2-1 2-2")
    );
    assert_eq!(
        allowed("A: 1, 2\nB: 1, 2\nIF [A] = 1 THEN [C] = 1 ELSE [B] = 1;"),
        pairs("1-1 1-2 2-1")
    );
}

#[test]
fn wrong_models_are_refused_with_their_place() {
    for (text, expected) in [
        (
            "",
            "model.txt:1:1: the model has no parameters | a parameter is written `NAME: VALUE, VALUE …`",
        ),
        (
            "# only\n",
            "model.txt:2:1: the model has no parameters | a parameter is written `NAME: VALUE, VALUE …`",
        ),
        (
            "A: 1\n  B\n",
            "model.txt:2:3: expected a parameter, `NAME: VALUE, VALUE …`, and there is no `:`",
        ),
        (
            "A: 1\nNOT [A] = 1;",
            "model.txt:2:1: expected a parameter, `NAME: VALUE, VALUE …`, and there is no `:` | the first constraint begins with `IF`, `[` or `(`",
        ),
        (
            "A: 1\na: 2",
            "model.txt:2:1: parameter `a` is already defined in line 1 as `A`, and case does not tell them apart | `/c` makes a model case-sensitive",
        ),
        (
            "A: 1\nA: 2",
            "model.txt:2:1: parameter `A` is already defined in line 1",
        ),
        (
            "A: ~1, ~2",
            "model.txt:1:1: parameter `A` has negative values only, and rows without one are needed too | a value without `~` is missing",
        ),
        (
            "A: 1\nB: 1\n{ A, B } 3",
            "model.txt:3:9: expected `@ ORDER` or the end of the line after `}` | a submodel is written `{ NAME, NAME … } @ ORDER`",
        ),
        (
            "A: 1\nB: 1\n{ A, B } @ x",
            "model.txt:3:9: `x` is no order of combinations, a number from 1 | a submodel is written `{ NAME, NAME … } @ ORDER`",
        ),
        (
            "A: 1\nB: 1\n{ A, B } @ 3",
            "model.txt:3:1: the submodel has 2 parameters, and its order is 3",
        ),
        (
            "A: 1\n{ }",
            "model.txt:2:1: the submodel has no parameters | a submodel is written `{ NAME, NAME … } @ ORDER`",
        ),
        (
            "A: 1\n{ A }\nB: 1",
            "model.txt:3:1: expected a submodel or a constraint after the first submodel | a submodel is written `{ NAME, NAME … } @ ORDER`",
        ),
        (
            "A: 1\n[A] = 1",
            "model.txt:2:8: expected `;`, `AND` or `OR`, found the end of the constraints",
        ),
        (
            "A: 1\n[A] = 1 [A] = 2;",
            "model.txt:2:9: expected `;`, `AND` or `OR`, found `[`",
        ),
        (
            "A: 1\n[A] 1;",
            "model.txt:2:5: expected one of `=`, `<>`, `<`, `<=`, `>`, `>=`, `IN`, `LIKE`, found `1`",
        ),
        (
            "A: 1\n[A] == 1;",
            "model.txt:2:6: expected a number, a text in quotes or a `[PARAMETER]`, found `=` | equal is written `=`, and unequal `<>`",
        ),
        (
            "A: 1\n[A] != 1;",
            "model.txt:2:5: expected one of `=`, `<>`, `<`, `<=`, `>`, `>=`, `IN`, `LIKE`, found `!` | equal is written `=`, and unequal `<>`",
        ),
        (
            "A: 1\n[A] NOT 1;",
            "model.txt:2:9: expected `IN` or `LIKE` after `NOT`, found `1`",
        ),
        (
            "A: x\n[A] = x];",
            "model.txt:2:7: expected a number, a text in quotes or a `[PARAMETER]`, found `x`",
        ),
        (
            "A: x\nIF [A] = \"x;]",
            "model.txt:2:10: the text is not closed by `\"`",
        ),
        (
            "A: x\nIF [A] = \"\\x\" [;]",
            "model.txt:2:11: `\\x` means nothing | `\\\\`, `\\\"` and `\\]` are what `\\` is for",
        ),
        (
            "A: 1\nIF [A] = 1 OR THEN [A] = 2;",
            "model.txt:2:15: expected a condition, such as `[PARAMETER] = 1`, found `THEN`",
        ),
        (
            "A: 1\nIF [A] = 1;",
            "model.txt:2:11: expected `THEN`, `AND` or `OR`, found `;`",
        ),
        (
            "A: 1\n[A] = 1 ELSE [A] = 2;",
            "model.txt:2:9: `ELSE` without `IF`",
        ),
        (
            "A: 1\n([A] = 1;",
            "model.txt:2:9: expected `)`, `AND` or `OR`, found `;`",
        ),
        (
            "A: 1\n[A] IN 1, 2;",
            "model.txt:2:8: expected `{` and the values, found `1`",
        ),
        (
            "A: 1\n[A] IN {};",
            "model.txt:2:9: expected a number or a text in quotes, found `}`",
        ),
        (
            "A: 1\n[A] IN {1 2};",
            "model.txt:2:11: expected `,` or `}`, found `2`",
        ),
        (
            "A: 1\nIF IsNegative [A] THEN [A] = 1;",
            "model.txt:2:15: expected `(` and a parameter, found `[`",
        ),
        (
            "A: 1\nIF [A] = \"1\" THEN [A] = 1;",
            "model.txt:2:4: the values of `A` are numbers, and a text is compared | a number stands without quotes",
        ),
        (
            "A: x\n[A] = 1;",
            "model.txt:2:1: the values of `A` are texts, and a number is compared | a text stands in quotes: \"…\"",
        ),
        (
            "A: 1, ~x\n[A] = 1;",
            "model.txt:2:1: the values of `A` are texts, and a number is compared | its negative values are of another type than the others",
        ),
        (
            "A: x\n[A] IN {\"x\", 1};",
            "model.txt:2:1: the values of `A` are texts, and a number is compared | a text stands in quotes: \"…\"",
        ),
        (
            "A: 1\n[A] LIKE \"1\";",
            "model.txt:2:1: the values of `A` are numbers, and `LIKE` is for texts",
        ),
        (
            "A: 1\nB: x\n[A] = [B];",
            "model.txt:3:1: the values of `A` are numbers, and those of `B` are texts",
        ),
        (
            "A: 1\n[A] = [a];",
            "model.txt:2:1: `A` is compared to itself",
        ),
    ] {
        assert_eq!(refusal(text), expected, "{text}");
    }
}

#[test]
fn options_change_the_marks() {
    let document = Document::embedded("m", "A: 1;2 # !-3\nB: x,y;Z\nIF [b] = \"z\" THEN [A] = 1;");
    let options = PictOptions {
        value_separator: ';',
        alias_separator: '#',
        negative_prefix: '!',
        case_sensitive: true,
    };
    let model = PictModel::parse(&document, &options).unwrap();
    assert_eq!(model.parameters()[0].values[1].names, ["2", "!-3"]);
    assert_eq!(model.parameters()[1].values[0].names, ["x,y"]);
    assert_eq!(model.warnings().len(), 1);
}

#[test]
fn nesting_and_reuse_are_bounded() {
    let deep = format!("A: 1\n{}[A] = 1{};", "(".repeat(100), ")".repeat(100));
    assert!(parse(&deep).is_ok());
    for open in ["(", "NOT ", "(NOT "] {
        let deep = format!("A: 1\n[A] = 1;{}[A]", open.repeat(100_000));
        assert!(refusal(&deep).contains("nested deeper than 100 levels"));
    }
    let mut reuse = "P0: 1, 2\n".to_owned();
    for number in 1..64 {
        reuse.push_str(&format!("P{number}: <P{0}>, <P{0}>\n", number - 1));
    }
    assert!(refusal(&reuse).contains("more than 1 million values"));
    let values: Vec<String> = (0..9000).map(|number| number.to_string()).collect();
    let many = format!("A: {0}\nB: {0}\n[A] < [B];", values.join(","));
    assert!(refusal(&many).contains("compare values more than 64 million times"));
}

#[test]
fn every_truncation_is_read_or_refused() {
    let text = "Ä @ 2: a | b (3), ~c\nB: <Ä>, 1\n{ Ä, B } @ 2\n{ B }\n\
        IF [Ä] LIKE \"\\\"*\" AND NOT ([B] IN { \"1\", \"b\" } OR IsNegative(Ä)) THEN [Ä] <> [B]\n\
        ELSE [B] >= \"1\";\nIsPositive() OR [Ä] NOT IN {\"a\"};\n";
    for end in (0..=text.len()).filter(|&end| text.is_char_boundary(end)) {
        if let Err(error) = parse(&text[..end]) {
            assert!(error.place().is_some(), "{error}");
        }
    }
    parse(text).unwrap();
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "(A: 1, 2\nB: x, y\n)?[\\[\\]AB12=<>{}()~|@,:;\"\\\\#* \n]{0,60}") {
        let _ = parse(&text);
    }

    #[test]
    fn any_words_are_read_or_refused(words in prop::collection::vec(prop::sample::select(vec![
        "IF", "THEN", "ELSE", "NOT", "AND", "OR", "IN", "LIKE", "[A]", "[B]", "[C]", "=", "<>", "<",
        "1", "2", "\"x\"", "\"y\"", "{", "}", ",", "(", ")", ";", "IsNegative", "IsPositive", "()", "\n",
    ]), 0..24)) {
        let _ = parse(&format!("A: 1, 2\nB: x, y\n[A] = 1;{}", words.join(" ")));
    }
}
