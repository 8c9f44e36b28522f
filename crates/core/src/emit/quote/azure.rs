//! Texts in pipelines of Azure.

/// The variable whose value is a dollar sign.
pub const AZURE_DOLLAR: &str = "cfgmatrix_dollar";

/// A text in which no `$(macro)`, `$[expression]` and `${{ template }}` is seen:
/// the dollar sign before them comes from the variable [`AZURE_DOLLAR`]. What it
/// gives is not looked at again. YAML is not its matter.
#[must_use]
pub fn azure(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, after) = rest.split_at(at);
        quoted.push_str(before);
        let means_something = ["$(", "$[", "${{"]
            .iter()
            .any(|sign| after.starts_with(sign));
        if means_something {
            quoted.push_str("$(");
            quoted.push_str(AZURE_DOLLAR);
            quoted.push(')');
        } else {
            quoted.push('$');
        }
        rest = &after[1..];
    }
    quoted.push_str(rest);
    quoted
}
