//! Workflows of GitHub Actions: `jobs.JOB.strategy.matrix`.

use toml::{Table, Value as Toml};

use super::Imported;
use super::draft::{
    Draft, DraftAxis, DraftValue, conjunction, free_id, near, one_line, scalar, texts, vars,
};
use super::yaml::{Node, Value, Yaml};
use crate::Scalar;
use crate::document::Document;
use crate::error::Error;

pub(super) fn import(
    document: &Document,
    job: Option<&str>,
    is_compiler: &dyn Fn(&str) -> bool,
) -> Result<Imported, Error> {
    let invalid = |message: String, hint: Option<String>| Error::Invalid {
        message,
        hint,
        place: document.place(1, 1),
    };
    let Some(root) = Yaml::parse(document)? else {
        return Err(invalid("the workflow is empty".to_owned(), None));
    };
    let Some(jobs) = root.get("jobs") else {
        return Err(invalid(
            "the file has no `jobs`, which workflows have".to_owned(),
            None,
        ));
    };
    let matrices: Vec<(&str, &Yaml, &Yaml)> = jobs
        .entries()
        .iter()
        .filter_map(|(name, job)| {
            let matrix = job.get("strategy")?.get("matrix")?;
            Some((name.text()?, job, matrix))
        })
        .collect();
    let names: Vec<String> = matrices
        .iter()
        .map(|(name, ..)| (*name).to_owned())
        .collect();
    let quoted = names.iter().map(|name| format!("`{name}`"));
    let listed = quoted.collect::<Vec<_>>().join(", ");
    let chosen = match (job, matrices.as_slice()) {
        (_, []) => return Err(jobs.invalid(document, "no job has a matrix, `strategy.matrix`")),
        (Some(wanted), all) => all
            .iter()
            .find(|(name, ..)| *name == wanted)
            .ok_or_else(|| {
                let hint =
                    near(wanted, &names).or_else(|| Some(format!("jobs with a matrix: {listed}")));
                invalid(format!("no job `{wanted}` has a matrix"), hint)
            })?,
        (None, [one]) => one,
        (None, _) => {
            return Err(invalid(
                format!("several jobs have a matrix: {listed}"),
                Some(format!("choose one, such as `--job {}`", names[0])),
            ));
        }
    };
    let (name, job, matrix) = *chosen;
    let mut import = Import {
        document,
        is_compiler,
        draft: Draft {
            origin: format!("`{}`, job `{name}`", document.name()),
            name: super::matrix_name(document),
            ..Draft::default()
        },
        axes: Vec::new(),
    };
    import.matrix(matrix)?;
    import.strategy(job);
    Ok(import.draft.finish())
}

struct Import<'d> {
    document: &'d Document,
    is_compiler: &'d dyn Fn(&str) -> bool,
    draft: Draft,
    axes: Vec<Source>,
}

/// What an axis was in the workflow; its number is that of the draft's axis.
struct Source {
    key: String,
    /// What each value was; None for one that stands for "no value".
    values: Vec<Option<Yaml>>,
}

/// Some values of axes, and what goes with them.
struct Part {
    /// Axes and values, each axis once.
    pairs: Vec<(usize, u32)>,
    more: Vec<(String, Scalar)>,
    /// Where it stands in the workflow.
    line: usize,
}

impl Import<'_> {
    fn matrix(&mut self, matrix: &Yaml) -> Result<(), Error> {
        if is_run_time(matrix) {
            return Err(matrix.invalid(
                self.document,
                "the matrix is an expression that GitHub evaluates as it runs",
            ));
        }
        if !matches!(matrix.node, Node::Map(_)) {
            return Err(matrix.invalid(self.document, "expected a map of keys to lists of values"));
        }
        for (key, values) in matrix.entries() {
            let name = key.text().unwrap_or_default();
            if name != "include" && name != "exclude" {
                self.axis(name, values)?;
            }
        }
        let excludes = self.list(matrix, "exclude")?;
        let includes = self.list(matrix, "include")?;
        if self.axes.is_empty() {
            return self.only_rows(&includes, matrix);
        }
        let mut excluded = Vec::new();
        for entry in excludes {
            excluded.extend(self.excluded(entry)?);
        }
        // What joins rows is decided by the rows of the product; what adds rows
        // then changes the axes.
        let mut joined = Vec::new();
        let mut new = Vec::new();
        for entry in includes {
            match self.joined(entry, &excluded) {
                Some(join) => joined.push(join),
                None => new.push(entry),
            }
        }
        let known: Vec<usize> = self.axes.iter().map(|axis| axis.values.len()).collect();
        let rows: Vec<Part> = new.into_iter().map(|entry| self.new_row(entry)).collect();
        for axis in 0..self.axes.len() {
            self.one_type(axis);
        }
        for (number, part) in (1..).zip(&excluded) {
            let condition = conjunction(&self.draft.axes, &part.pairs);
            let reason = format!("excluded in line {} of {}", part.line, self.document.name());
            self.forbid(&format!("exclude-{number}"), &condition, &reason);
        }
        for part in joined.iter().filter(|part| !part.more.is_empty()) {
            self.set(part, &rows);
        }
        self.add_rows(&rows, &known);
        Ok(())
    }

    fn list<'y>(&mut self, matrix: &'y Yaml, key: &str) -> Result<Vec<&'y Yaml>, Error> {
        let Some(list) = matrix.get(key) else {
            return Ok(Vec::new());
        };
        if is_run_time(list) {
            self.draft.note(format!(
                "`{key}` is an expression that GitHub evaluates as it runs, and is left out: {}",
                one_line(&list.shown())
            ));
            return Ok(Vec::new());
        }
        let Some(entries) = list.elements() else {
            return Err(list.invalid(self.document, format!("`{key}` is a list of maps")));
        };
        let wrong = entries
            .iter()
            .find(|entry| !matches!(entry.node, Node::Map(_)));
        match wrong {
            Some(entry) => Err(entry.invalid(self.document, format!("`{key}` is a list of maps"))),
            None => Ok(entries.iter().collect()),
        }
    }

    fn axis(&mut self, key: &str, values: &Yaml) -> Result<(), Error> {
        if is_run_time(values) {
            self.draft.note(format!(
                "`{}` is an expression that GitHub evaluates as it runs, and is left out: {}",
                one_line(key),
                one_line(&values.shown())
            ));
            return Ok(());
        }
        let Some(elements) = values.elements() else {
            return Err(values.invalid(self.document, format!("`{key}` is not a list of values")));
        };
        if elements.is_empty() {
            return Err(values.invalid(self.document, format!("`{key}` has no values")));
        }
        let mut source = Source {
            key: key.to_owned(),
            values: Vec::new(),
        };
        let number = self.new_axis(key, elements);
        for element in elements {
            if source
                .values
                .iter()
                .flatten()
                .any(|known| known.same(element))
            {
                self.draft.note(format!(
                    "`{}` has the value `{}` twice: it is one value here",
                    one_line(key),
                    one_line(&element.shown())
                ));
                continue;
            }
            let value = self.value(number, element);
            self.draft.axes[number].values.push(value);
            source.values.push(Some(element.clone()));
        }
        self.axes.push(source);
        self.one_type(number);
        Ok(())
    }

    fn new_axis(&mut self, key: &str, elements: &[Yaml]) -> usize {
        let compilers = elements
            .iter()
            .all(|element| element.text().is_some_and(self.is_compiler));
        let name = self.draft.axis_name(key, compilers);
        self.draft.axes.push(DraftAxis {
            name,
            values: Vec::new(),
        });
        self.draft.axes.len() - 1
    }

    /// A value of the draft for one of the workflow.
    fn value(&mut self, axis: usize, element: &Yaml) -> DraftValue {
        let axis_name = self.draft.axes[axis].name.clone();
        let (id, vars) = match &element.node {
            Node::Map(entries) => {
                let vars: Vec<(String, Scalar)> = entries
                    .iter()
                    .map(|(key, value)| {
                        (member_name(&axis_name, &key.shown()), self.variable(value))
                    })
                    .collect();
                let name = ["id", "name"].into_iter().find_map(|key| element.get(key));
                let name = name.or_else(|| entries.first().map(|(_, value)| value));
                (name.map_or_else(String::new, Yaml::shown), vars)
            }
            _ => match self.variable(element) {
                Scalar::Text(text) => (text, Vec::new()),
                other => return DraftValue::new(other),
            },
        };
        let wanted = id;
        let id = free_id(&wanted, &self.draft.axes[axis].values);
        if id != wanted {
            self.draft.note(format!(
                "the value `{}` is called `{id}`",
                one_line(&wanted)
            ));
        }
        DraftValue {
            vars,
            ..DraftValue::new(Scalar::Text(id))
        }
    }

    /// A value that is no axis' own: a scalar as it is, anything else as text.
    fn variable(&mut self, yaml: &Yaml) -> Scalar {
        match yaml.value() {
            Some(Value::Scalar(scalar)) => scalar,
            Some(Value::Null) => Scalar::Text(String::new()),
            Some(Value::Fraction(written, number)) => {
                let read = number.to_string();
                if read != written {
                    self.draft.note(format!(
                        "GitHub reads the number `{written}` as `{read}`, as it is here; write it in quotes where that is not meant"
                    ));
                }
                Scalar::Text(read)
            }
            None => {
                let shown = yaml.shown();
                self.draft.note(format!(
                    "a list or a map within a value is a text here: {}",
                    one_line(&shown)
                ));
                Scalar::Text(shown)
            }
        }
    }

    /// The values of an axis are of one type.
    fn one_type(&mut self, axis: usize) {
        let axis = &mut self.draft.axes[axis];
        let mut types = axis
            .values
            .iter()
            .map(|value| std::mem::discriminant(&value.id));
        let first = types.next();
        if types.all(|other| Some(other) == first) {
            return;
        }
        for value in &mut axis.values {
            value.id = Scalar::Text(value.id.to_string());
        }
        let note = format!(
            "the values of `{}` are of several types, and all are texts here",
            axis.name
        );
        self.draft.note(note);
    }

    /// The axis and the value that a member of an entry means; None for a value
    /// that the axis does not have.
    fn meant(&self, key: &Yaml, value: &Yaml) -> Option<(usize, Option<u32>)> {
        let axis = self
            .axes
            .iter()
            .position(|axis| Some(axis.key.as_str()) == key.text())?;
        let mut values = (0..).zip(&self.axes[axis].values);
        let found = values.find(|(_, own)| own.as_ref().is_some_and(|own| own.same(value)));
        Some((axis, found.map(|(number, _)| number)))
    }

    /// What an entry of `exclude` excludes, if it can exclude anything.
    fn excluded(&mut self, entry: &Yaml) -> Result<Option<Part>, Error> {
        let mut pairs = Vec::new();
        for (key, value) in entry.entries() {
            match self.meant(key, value) {
                Some((axis, Some(value))) => pairs.push((axis, value)),
                _ => {
                    self.draft.note(format!(
                        "line {}: this exclude matches nothing, and is left out: {}",
                        entry.line,
                        one_line(&entry.shown())
                    ));
                    return Ok(None);
                }
            }
        }
        if pairs.is_empty() {
            return Err(entry.invalid(self.document, "an exclude without keys excludes everything"));
        }
        pairs.sort_unstable();
        Ok(Some(Part {
            pairs,
            more: Vec::new(),
            line: entry.line,
        }))
    }

    /// An include joins the rows of the product that have its values of the
    /// axes. None where there is no such row.
    fn joined(&mut self, entry: &Yaml, excluded: &[Part]) -> Option<Part> {
        let mut pairs = Vec::new();
        let mut more = Vec::new();
        for (key, value) in entry.entries() {
            match self.meant(key, value) {
                Some((axis, value)) => pairs.push((axis, value?)),
                None => more.push((key, value)),
            }
        }
        pairs.sort_unstable();
        if !self.some_row_has(&pairs, excluded) {
            return None;
        }
        if more.is_empty() {
            self.draft.note(format!(
                "line {}: this include adds nothing, as the row is there: {}",
                entry.line,
                one_line(&entry.shown())
            ));
        }
        let more = more.into_iter();
        Some(Part {
            pairs,
            more: more
                .map(|(key, value)| (key.shown(), self.variable(value)))
                .collect(),
            line: entry.line,
        })
    }

    fn forbid(&mut self, id: &str, condition: &str, reason: &str) {
        let section = texts([("id", id), ("if", condition), ("reason", reason)]);
        self.draft.sections.push(("forbid", section));
    }

    /// What goes with some values, but not with the rows of `but`: what joins
    /// rows of the product joins no row that is added.
    fn set(&mut self, part: &Part, but: &[Part]) {
        let mut terms = Vec::new();
        if !part.pairs.is_empty() {
            terms.push(conjunction(&self.draft.axes, &part.pairs));
        }
        let meant = |row: &&Part| part.pairs.iter().all(|pair| row.pairs.contains(pair));
        for row in but.iter().filter(meant) {
            terms.push(format!("!({})", conjunction(&self.draft.axes, &row.pairs)));
        }
        let mut section = Table::new();
        if !terms.is_empty() {
            section.insert("if".to_owned(), Toml::String(terms.join(" && ")));
        }
        section.insert("vars".to_owned(), vars(&part.more));
        self.draft.sections.push(("set", section));
    }

    /// Whether a row of the product that is not excluded has these values.
    fn some_row_has(&self, pairs: &[(usize, u32)], excluded: &[Part]) -> bool {
        use cfgmatrix_cover::{Axis, Clause, Literal, Model, Solver, ValueSet};
        let sizes: Vec<u32> = self
            .axes
            .iter()
            .map(|axis| axis.values.len() as u32)
            .collect();
        let clauses = excluded.iter().map(|part| Clause {
            literals: part
                .pairs
                .iter()
                .map(|&(axis, value)| Literal {
                    axis,
                    allowed: ValueSet::single(sizes[axis], value).complement(sizes[axis]),
                })
                .collect(),
            rule: 0,
        });
        let axes = sizes.iter().map(|&size| Axis::new(size)).collect();
        let model =
            Model::new(axes, clauses.collect()).expect("pairs are of these axes, each once");
        Solver::new(&model).solve(pairs).is_some()
    }

    /// A row that include adds, with a value of each axis.
    fn new_row(&mut self, entry: &Yaml) -> Part {
        let mut row = vec![None; self.axes.len()];
        let mut more = Vec::new();
        for (key, value) in entry.entries() {
            match self.meant(key, value) {
                Some((axis, Some(value))) => row[axis] = Some(value),
                Some((axis, None)) => row[axis] = Some(self.grow(axis, Some(value))),
                None => more.push((key.shown(), self.variable(value))),
            }
        }
        let values = row.into_iter().enumerate().map(|(axis, value)| {
            let value = value.unwrap_or_else(|| self.absent(axis, entry.line));
            (axis, value)
        });
        Part {
            pairs: values.collect(),
            more,
            line: entry.line,
        }
    }

    /// Values that the product does not have are forbidden in it, and the rows
    /// come all the same.
    fn add_rows(&mut self, rows: &[Part], known: &[usize]) {
        for (axis, &known) in known.iter().enumerate() {
            for value in known..self.axes[axis].values.len() {
                let condition = conjunction(&self.draft.axes, &[(axis, value as u32)]);
                let id = format!("only-included-{}-{}", axis + 1, value + 1);
                self.forbid(&id, &condition, "only rows that are included have it");
            }
        }
        for part in rows {
            let members = part.pairs.iter().map(|&(axis, value)| {
                let axis = &self.draft.axes[axis];
                let value = &axis.values[value as usize];
                (axis.name.clone(), scalar(&value.id))
            });
            let mut section = Table::new();
            section.insert("row".to_owned(), Toml::Table(members.collect()));
            section.insert("force".to_owned(), Toml::Boolean(true));
            self.draft.sections.push(("include", section));
            if !part.more.is_empty() {
                self.set(part, &[]);
            }
        }
    }

    /// A value more of an axis.
    fn grow(&mut self, axis: usize, element: Option<&Yaml>) -> u32 {
        let value = match element {
            Some(element) => self.value(axis, element),
            None => {
                let id = free_id("none", &self.draft.axes[axis].values);
                DraftValue::new(Scalar::Text(id))
            }
        };
        self.draft.axes[axis].values.push(value);
        self.axes[axis].values.push(element.cloned());
        (self.axes[axis].values.len() - 1) as u32
    }

    /// The value that stands for none.
    fn absent(&mut self, axis: usize, line: usize) -> u32 {
        let key = self.axes[axis].key.clone();
        self.draft.note(format!(
            "line {line}: the included row has no `{}`, which is the value `none` here",
            one_line(&key)
        ));
        let position = self.axes[axis].values.iter().position(Option::is_none);
        match position {
            Some(position) => position as u32,
            None => self.grow(axis, None),
        }
    }

    /// A matrix of `include` only: its entries are the rows.
    fn only_rows(&mut self, includes: &[&Yaml], matrix: &Yaml) -> Result<(), Error> {
        if includes.is_empty() {
            return Err(matrix.invalid(
                self.document,
                "the matrix has no values that are known before it runs",
            ));
        }
        let mut keys: Vec<String> = Vec::new();
        for (key, _) in includes.iter().flat_map(|entry| entry.entries()) {
            let key = key.shown();
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        for key in &keys {
            let elements: Vec<Yaml> = includes
                .iter()
                .filter_map(|entry| entry.get(key))
                .cloned()
                .collect();
            self.new_axis(key, &elements);
            self.axes.push(Source {
                key: key.clone(),
                values: Vec::new(),
            });
        }
        let mut rows: Vec<Vec<u32>> = Vec::new();
        for entry in includes {
            let mut row = Vec::with_capacity(keys.len());
            for (axis, key) in keys.iter().enumerate() {
                row.push(match entry.get(key) {
                    Some(value) => {
                        let mut values = (0..).zip(&self.axes[axis].values);
                        let known =
                            values.find(|(_, own)| own.as_ref().is_some_and(|own| own.same(value)));
                        match known.map(|(number, _)| number) {
                            Some(number) => number,
                            None => self.grow(axis, Some(value)),
                        }
                    }
                    None => self.absent(axis, entry.line),
                });
            }
            if rows.contains(&row) {
                self.draft
                    .note(format!("line {}: this row is there already", entry.line));
            } else {
                rows.push(row);
            }
        }
        for axis in 0..self.axes.len() {
            self.one_type(axis);
        }
        self.zip(&rows);
        Ok(())
    }

    /// All axes turn together; one axis turns by itself.
    fn zip(&mut self, rows: &[Vec<u32>]) {
        if self.axes.len() < 2 {
            return;
        }
        let axes = std::mem::take(&mut self.draft.axes);
        let names = axes.iter().map(|axis| Toml::String(axis.name.clone()));
        let names: Vec<Toml> = names.collect();
        let lists = rows.iter().map(|row| {
            let values = row.iter().zip(&axes);
            let ids = values.map(|(&value, axis)| scalar(&axis.values[value as usize].id));
            Toml::Array(ids.collect())
        });
        let mut section = Table::new();
        section.insert("axes".to_owned(), Toml::Array(names));
        section.insert("rows".to_owned(), Toml::Array(lists.collect()));
        self.draft.sections.push(("zip", section));
        // The rows of a zip have names only: what else a value is goes with it.
        for (number, axis) in axes.iter().enumerate() {
            for (value, own) in (0..).zip(&axis.values) {
                if own.vars.is_empty() {
                    continue;
                }
                let condition = conjunction(&axes, &[(number, value)]);
                let mut section = texts([("if", &condition)]);
                section.insert("vars".to_owned(), vars(&own.vars));
                self.draft.sections.push(("set", section));
            }
        }
    }

    /// What is beside the matrix.
    fn strategy(&mut self, job: &Yaml) {
        let strategy = job.get("strategy");
        let mut github = Table::new();
        for (key, name) in [("max-parallel", "max_parallel"), ("fail-fast", "fail_fast")] {
            let value = strategy.and_then(|strategy| strategy.get(key));
            match value.and_then(Yaml::value) {
                Some(Value::Scalar(value)) if !matches!(value, Scalar::Text(_)) => {
                    github.insert(name.to_owned(), scalar(&value));
                }
                Some(_) => self
                    .draft
                    .note(format!("`{key}` is not known before it runs")),
                None => {}
            }
        }
        // GitHub stops the other jobs where it is not told otherwise.
        if strategy.is_none_or(|strategy| strategy.get("fail-fast").is_none()) {
            github.insert("fail_fast".to_owned(), Toml::Boolean(true));
        }
        if let Some(runs_on) = job.get("runs-on") {
            let one = std::slice::from_ref(runs_on);
            let labels = runs_on.elements().unwrap_or(one).iter();
            let labels = labels.map(|label| self.runs_on(label.text()?));
            match labels.collect::<Option<Vec<String>>>() {
                Some(labels) => {
                    let labels = labels.into_iter().map(Toml::String);
                    github.insert("runs_on".to_owned(), Toml::Array(labels.collect()));
                }
                None => self.draft.note(format!(
                    "`runs-on` is more than labels and values of the matrix, and is left out: {}",
                    one_line(&runs_on.shown())
                )),
            }
        }
        if !github.is_empty() {
            self.draft.tables.push((["emit", "github"], github));
        }
    }

    /// `${{ matrix.os }}` as `{os}`; None for what else an expression may be.
    fn runs_on(&self, text: &str) -> Option<String> {
        let mut rest = text;
        let mut written = String::new();
        while let Some((before, after)) = rest.split_once("${{") {
            let (expression, after) = after.split_once("}}")?;
            let mut way = expression.trim().strip_prefix("matrix.")?.split('.');
            let key = way.next()?;
            let number = self.axes.iter().position(|axis| axis.key == key)?;
            let name = self.names().nth(number)?;
            written.push_str(before);
            match (way.next(), way.next()) {
                (None, _) => written.push_str(&format!("{{{name}}}")),
                (Some(member), None) => {
                    let member = member_name(name, member);
                    written.push_str(&format!("{{vars.{member}}}"));
                }
                _ => return None,
            }
            rest = after;
        }
        written.push_str(rest);
        Some(written)
    }

    /// The axes' names; those of a zip are in its section.
    fn names(&self) -> impl Iterator<Item = &str> {
        let zipped = self
            .draft
            .sections
            .iter()
            .find(|(section, _)| *section == "zip");
        let zipped = zipped.and_then(|(_, zip)| zip.get("axes")?.as_array());
        let own = self.draft.axes.iter().map(|axis| axis.name.as_str());
        let zipped_names = zipped.into_iter().flatten().filter_map(Toml::as_str);
        zipped_names.chain(own.filter(move |_| zipped.is_none()))
    }
}

/// The variable that a member of an axis' value is: two axes may have members of
/// the same name.
fn member_name(axis: &str, member: &str) -> String {
    format!("{axis}_{member}")
}

/// Whether GitHub makes it as it runs.
fn is_run_time(yaml: &Yaml) -> bool {
    yaml.text().is_some_and(|text| text.contains("${{"))
}
