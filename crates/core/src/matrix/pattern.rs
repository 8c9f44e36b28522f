//! Texts in which words stand for what a variant has: `{compiler}`,
//! `{compiler.runner}`, `{vars.NAME}`, `{tools.ROLE}`, `{runner}`, `{name}`.

use super::expand::Variant;
use crate::emit::command_words;

/// Fills one text. `words` gives what a name stands for, or the error that it
/// stands for nothing; `several` is the error for a name of not one word.
pub(crate) fn fill<E>(
    pattern: &str,
    mut words: impl FnMut(&str) -> Result<Vec<String>, E>,
    several: impl Fn(&str) -> E,
) -> Result<String, E> {
    let mut filled = String::new();
    let mut rest = pattern;
    while let Some(at) = rest.find('{') {
        let (before, after) = rest.split_at(at);
        filled.push_str(before);
        let name = after[1..].split('}').next().unwrap_or_default();
        // `${NAME}` and `${{ … }}` are of the language around it.
        let is_other = filled.ends_with(['$', '{']);
        if is_other || !after[1..].contains('}') || !is_name(name) {
            filled.push('{');
            rest = &after[1..];
            continue;
        }
        let mut word = words(name)?;
        let single = word.pop().filter(|_| word.is_empty());
        filled.push_str(&single.ok_or_else(|| several(name))?);
        rest = &after[name.len() + 2..];
    }
    filled.push_str(rest);
    Ok(filled)
}

/// Fills a list of texts. One that is nothing but a name is all that it stands for.
pub(crate) fn fill_list<E>(
    patterns: &[String],
    mut words: impl FnMut(&str) -> Result<Vec<String>, E>,
    several: impl Fn(&str) -> E,
) -> Result<Vec<String>, E> {
    let mut filled = Vec::new();
    for pattern in patterns {
        let inner = pattern
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'));
        match inner.filter(|name| is_name(name)) {
            Some(name) => filled.extend(words(name)?),
            None => filled.push(fill(pattern, &mut words, &several)?),
        }
    }
    Ok(filled)
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
}

impl Variant<'_> {
    /// What a name stands for; nothing where the variant has nothing of that name.
    pub(crate) fn words(&self, name: &str) -> Option<Vec<String>> {
        let axis = |name: &str| self.axes.iter().find(|(axis, _)| axis == name);
        match (name, name.split_once('.')) {
            ("runner", _) => return Some(self.runner.clone()),
            (_, Some(("vars", key))) => {
                return self.vars.get(key).map(|word| vec![word.to_string()]);
            }
            (_, Some(("tools", role))) if axis("tools").is_none() => {
                let tool = self.configuration.tools.get(role);
                return tool
                    .map(|tool| command_words(tool).into_iter().map(str::to_owned).collect());
            }
            _ => {}
        }
        match (axis(name), name.rsplit_once('.')) {
            (Some((_, value)), _) => Some(vec![value.clone()]),
            (None, Some((of, "runner"))) if axis(of).is_some() => {
                let labels = self.runner_by_axis.iter().find(|(axis, _)| axis == of);
                Some(labels.map(|(_, labels)| labels.clone()).unwrap_or_default())
            }
            (None, _) if name == "name" => Some(vec![self.name.clone()]),
            _ => None,
        }
    }

    /// The names that stand for something of this variant.
    pub(crate) fn word_names(&self) -> Vec<String> {
        let axes = self.axes.iter().map(|(axis, _)| axis.clone());
        let vars = self.vars.keys().map(|key| format!("vars.{key}"));
        let tools = self.configuration.tools.keys();
        axes.chain(vars)
            .chain(tools.map(|role| format!("tools.{role}")))
            .chain(["name", "runner"].map(str::to_owned))
            .collect()
    }
}
