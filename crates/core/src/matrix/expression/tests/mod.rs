//! A scope for tests, and what is said about expressions that are wrong.

mod properties;
mod rejected;

use super::{Attribute, Condition, Expression, Scope, Truth};
use crate::matrix::Scalar;
use cfgmatrix_cover::ValueSet;

/// Axes as a test needs them.
#[derive(Clone, Debug, Default)]
struct Axes(Vec<Axis>);

#[derive(Clone, Debug)]
struct Axis {
    name: String,
    ids: Vec<Scalar>,
    attributes: Vec<(String, Vec<Option<Attribute>>)>,
    conditional: bool,
    open: bool,
}

impl Scope for Axes {
    fn axes(&self) -> Vec<&str> {
        self.0.iter().map(|axis| axis.name.as_str()).collect()
    }

    fn values(&self, axis: usize) -> usize {
        self.0[axis].ids.len()
    }

    fn value_id(&self, axis: usize, value: usize) -> Scalar {
        self.0[axis].ids[value].clone()
    }

    fn attributes(&self, axis: usize) -> Vec<&str> {
        let attributes = self.0[axis].attributes.iter();
        attributes.map(|(name, _)| name.as_str()).collect()
    }

    fn attribute(&self, axis: usize, value: usize, name: &str) -> Option<Attribute> {
        let mut attributes = self.0[axis].attributes.iter();
        let (_, values) = attributes.find(|(known, _)| known == name)?;
        values[value].clone()
    }

    fn is_conditional(&self, axis: usize) -> bool {
        self.0[axis].conditional
    }

    fn is_open(&self, axis: usize) -> bool {
        self.0[axis].open
    }
}

impl Axes {
    /// An axis of texts.
    fn with(mut self, name: &str, ids: &[&str]) -> Self {
        let ids = ids.iter().map(|&id| Scalar::Text(id.to_owned())).collect();
        self.0.push(Axis {
            name: name.to_owned(),
            ids,
            attributes: Vec::new(),
            conditional: false,
            open: false,
        });
        self
    }

    fn last(&mut self) -> &mut Axis {
        self.0.last_mut().unwrap()
    }

    fn with_scalars(self, name: &str, ids: &[Scalar]) -> Self {
        let mut axes = self.with(name, &[]);
        axes.last().ids = ids.to_vec();
        axes
    }

    /// An attribute of the last axis.
    fn attribute_of<T>(
        mut self,
        name: &str,
        of: fn(T) -> Attribute,
        values: impl IntoIterator<Item = Option<T>>,
    ) -> Self {
        let values = values.into_iter().map(|value| value.map(of)).collect();
        self.last().attributes.push((name.to_owned(), values));
        self
    }

    fn conditional(mut self) -> Self {
        self.last().conditional = true;
        self
    }

    fn open(mut self) -> Self {
        self.last().open = true;
        self
    }

    /// How many states an axis has.
    fn states(&self, axis: usize) -> u32 {
        (self.0[axis].ids.len() + usize::from(self.0[axis].conditional)) as u32
    }
}

fn text(text: &str) -> Attribute {
    Attribute::Scalar(Scalar::Text(text.to_owned()))
}

fn version(text: &str) -> Attribute {
    Attribute::Version(text.parse().unwrap())
}

fn boolean(truth: bool) -> Attribute {
    Attribute::Scalar(Scalar::Boolean(truth))
}

/// The axes that the tests by example speak of.
fn sample() -> Axes {
    let whole = |number| Scalar::Integer(number);
    Axes::default()
        .with("compiler", &["gcc", "clang", "icx", "tcc"])
        .attribute_of(
            "family",
            text,
            ["gcc", "clang", "intel-llvm", "tcc"].map(Some),
        )
        .attribute_of(
            "version",
            version,
            [Some("12.2"), Some("16.0.6"), Some("2023.2"), None],
        )
        .attribute_of("base", version, [None, Some("16.0.6"), Some("17"), None])
        .attribute_of("flags", text, [None, None, None, None])
        .with("blas", &["openblas", "mkl"])
        .with("mpi", &["none", "openmpi", "mpich"])
        .with_scalars("threads", &[1, 2, 4].map(whole))
        .with_scalars("ranks", &[1, 4, 16].map(whole))
        .with_scalars("cuda", &[false, true].map(Scalar::Boolean))
        .with("gpu", &["12.6", "13.0"])
        .conditional()
        .with("python", &["3.9", "3.10", "3.13"])
        .attribute_of("eol", boolean, [true, false, false].map(Some))
        .with("runtime", &["3.10", "pypy"])
        .with_scalars("jobs", &[whole(1), Scalar::Text("all".to_owned())])
        .with("c-std", &["c99", "c17"])
        .with("odd name", &["a \"quoted\" one", "2"])
        .with("host", &["gcc"])
        .attribute_of("version", version, [Some("12.2")])
        .open()
}

fn condition(text: &str, axes: &Axes) -> Condition {
    Expression::parse(text)
        .and_then(|expression| expression.check(axes))
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The values of one axis for which an expression about that axis holds, and
/// `absent` where it holds there.
fn holding(text: &str) -> String {
    let axes = sample();
    let condition = condition(text, &axes);
    let &[axis] = condition.axes().as_slice() else {
        panic!("{text} is about several axes");
    };
    let mut row = vec![0; axes.0.len()];
    let mut holding = Vec::new();
    for state in 0..axes.states(axis) {
        row[axis] = state;
        let domains = (0..)
            .zip(&row)
            .map(|(axis, &state)| ValueSet::single(axes.states(axis), state));
        let domains: Vec<ValueSet> = domains.collect();
        let holds = condition.holds(&row);
        let evaluated = condition.evaluate(&domains);
        assert_eq!(evaluated, if holds { Truth::True } else { Truth::False });
        if holds {
            let id = axes.0[axis].ids.get(state as usize);
            holding.push(id.map_or("absent".to_owned(), ToString::to_string));
        }
    }
    holding.join(" ")
}

#[test]
fn each_comparison_holds_for_its_values() {
    for (expression, expected) in [
        ("compiler == \"gcc\"", "gcc"),
        ("compiler != 'gcc'", "clang icx tcc"),
        ("\"gcc\" == compiler", "gcc"),
        ("compiler in [\"gcc\", \"icx\"]", "gcc icx"),
        ("compiler not in [\"gcc\", \"icx\",]", "clang tcc"),
        ("compiler.family == \"intel-llvm\"", "icx"),
        // A text beside a version is a version: 16.0.6 is below 16.1, and 9 below 12.
        ("compiler.version >= 12.2", "gcc clang icx"),
        ("compiler.version < \"16.1\"", "gcc clang"),
        ("compiler.version >= 9", "gcc clang icx"),
        ("13 <= compiler.version", "clang icx"),
        ("compiler.version == 12.2.0", "gcc"),
        // tcc has no version: nothing compares with what is not there.
        ("compiler.version != 12.2", "clang icx"),
        ("compiler.version not in [12.2, 16.0.6]", "icx"),
        ("!(compiler.version == 12.2)", "clang icx tcc"),
        ("compiler.version == compiler.base", "clang"),
        ("compiler.version > compiler.base", "icx"),
        ("threads >= 2", "2 4"),
        ("threads in [1, 4]", "1 4"),
        ("threads > -1", "1 2 4"),
        ("threads > 1.5", "2 4"),
        ("cuda", "true"),
        ("!cuda", "false"),
        ("cuda == false", "false"),
        ("python.eol", "3.9"),
        // Texts that are versions are ordered as versions, and not by letters.
        ("python >= 3.10", "3.10 3.13"),
        ("python < \"3.10\"", "3.9"),
        ("python == 3.10", "3.10"),
        ("python >= 3", "3.9 3.10 3.13"),
        ("runtime == 3.10", "3.10"),
        ("runtime != 3.10", "pypy"),
        ("jobs == \"all\"", "all"),
        ("jobs == 1", "1"),
        ("jobs != 1", "all"),
        ("c-std == \"c17\"", "c17"),
        ("`odd name` == \"2\"", "2"),
        ("`odd name` == 'a \"quoted\" one'", "a \"quoted\" one"),
        (
            "`odd name` == \"a \\\"q\\u{75}oted\\\" one\"",
            "a \"quoted\" one",
        ),
        // Absent is no value: no comparison holds there, `!=` as little as `==`.
        ("gpu == \"12.6\"", "12.6"),
        ("gpu != \"12.6\"", "13.0"),
        ("!(gpu == \"12.6\")", "13.0 absent"),
        ("gpu not in [\"12.6\"]", "13.0"),
        ("gpu >= 13", "13.0"),
        ("active(gpu)", "12.6 13.0"),
        ("!active(gpu)", "absent"),
        ("active(gpu) => gpu >= 13", "13.0 absent"),
        // The values of a machine: another one may have this compiler.
        ("host == \"icx\"", ""),
        ("host != \"icx\"", "gcc"),
        ("host.version >= 99", ""),
        (
            "compiler == \"gcc\" || compiler == \"icx\" && compiler.version < 1",
            "gcc",
        ),
        (
            "compiler != \"gcc\" => compiler == \"icx\" => compiler.version < 1",
            "gcc clang tcc",
        ),
    ] {
        assert_eq!(holding(expression), expected, "{expression}");
    }
}

#[test]
fn two_axes_are_compared_pair_by_pair() {
    let axes = sample();
    let rule = condition("threads <= ranks && gpu > python", &axes);
    let number = |name| axes.axis(name).unwrap();
    assert_eq!(
        rule.axes(),
        [
            number("threads"),
            number("ranks"),
            number("gpu"),
            number("python")
        ]
    );
    let mut domains: Vec<ValueSet> = (0..axes.0.len())
        .map(|axis| ValueSet::full(axes.states(axis)))
        .collect();
    assert_eq!(rule.evaluate(&domains), Truth::Unknown);
    // 4 threads and 1 rank.
    domains[number("threads")] = ValueSet::single(3, 2);
    domains[number("ranks")] = ValueSet::single(3, 0);
    assert_eq!(rule.evaluate(&domains), Truth::False);
    // 4 threads and 4 or 16 ranks; some GPU.
    domains[number("ranks")] = ValueSet::single(3, 0).complement(3);
    assert_eq!(rule.evaluate(&domains), Truth::Unknown);
    domains[number("gpu")] = ValueSet::single(3, 2).complement(3);
    assert_eq!(rule.evaluate(&domains), Truth::True);
    // No GPU is no other one.
    domains[number("gpu")] = ValueSet::single(3, 2);
    assert_eq!(rule.evaluate(&domains), Truth::False);
}

#[test]
fn comparisons_are_told_with_place_and_use() {
    let text = "compiler == \"gcc\" => threads > 0 && compiler.version < 3 || threads == ranks";
    let axes = sample();
    let condition = condition(text, &axes);
    let seen: Vec<(&str, Vec<&str>, Truth)> = condition
        .comparisons()
        .iter()
        .map(|comparison| {
            let names = comparison
                .axes
                .iter()
                .map(|&axis| axes.0[axis].name.as_str());
            (
                &text[comparison.span.clone()],
                names.collect(),
                comparison.truth,
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("compiler == \"gcc\"", vec!["compiler"], Truth::Unknown),
            ("threads > 0", vec!["threads"], Truth::True),
            ("compiler.version < 3", vec!["compiler"], Truth::False),
            ("threads == ranks", vec!["threads", "ranks"], Truth::Unknown),
        ]
    );
}

#[test]
fn expressions_are_written_in_one_way() {
    for (written, canonical) in [
        ("a=='x'", "a == \"x\""),
        ("((a)) || (b && c)", "a || b && c"),
        ("(a || b) && c", "(a || b) && c"),
        ("a && (b && c) && d", "a && b && c && d"),
        ("(a => b) => (c => d)", "(a => b) => c => d"),
        ("!(a && b) || !!c", "!(a && b) || !!c"),
        ("! a == 'x'", "!(a == \"x\")"),
        ("!(a in ['x' , \"y\", ])", "!(a in [\"x\", \"y\"])"),
        ("a.b  not  in [1,-2,3.10]", "a.b not in [1, -2, 3.10]"),
        ("`a` == `in` . `odd one`", "a == `in`.`odd one`"),
        ("active( `a b` )", "active(`a b`)"),
        ("active == 'x' && active.y", "active == \"x\" && active.y"),
        ("a == '\\u{7}\\n\\\\\\'\"'", "a == \"\\u{7}\\n\\\\'\\\"\""),
        ("größe-2 >= 3", "größe-2 >= 3"),
    ] {
        let expression =
            Expression::parse(written).unwrap_or_else(|error| panic!("{written}: {error}"));
        assert_eq!(expression.to_string(), canonical);
        assert_eq!(canonical.parse(), Ok(expression));
    }
}
