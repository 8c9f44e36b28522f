//! What was proved of the variants, and what was not.

use super::super::escape::Markup;
use super::super::evidence::{Evidence, sorted};
use super::super::summary::{Report, Row, contradiction, refuted};
use super::{OPEN, link};
use crate::outcome::{Claim, Verdict};

/// How many variants came to which verdicts; those with something refuted first.
pub(super) fn evidence(page: &mut Markup, report: &Report) {
    let all = report.evidence();
    if all.claims() == 0 {
        return;
    }
    let rows = report.rows.iter().enumerate();
    let counted = rows.map(|(place, row)| (place, row, Evidence::of(row)));
    let mut counted: Vec<(usize, &Row, Evidence)> = counted
        .filter(|(_, _, counts)| counts.claims() > 0)
        .collect();
    counted.sort_by_key(|(_, _, one)| std::cmp::Reverse((one.refuted, one.unknown)));
    page.raw("<section id=\"evidence\">\n<h2>Evidence</h2>\n<p class=\"quiet\">Of ");
    page.text(&all.claims().to_string()).raw(" claims: ");
    page.text(&all.words()).raw(".</p>\n");
    // Where nothing is in doubt, the sum says it all.
    let is_doubted = all.refuted + all.unknown > 0;
    let is_long = counted.len() > OPEN || !is_doubted;
    if is_long {
        page.raw("<details><summary>All ")
            .text(&counted.len().to_string())
            .raw(" variants</summary>\n");
    }
    page.raw("<div class=\"wide\"><table class=\"list stack counts\"><thead><tr><th scope=\"col\">Variant</th><th scope=\"col\">Refuted</th><th scope=\"col\">Not seen</th><th scope=\"col\">Proved</th>");
    if is_doubted {
        page.raw("<th scope=\"col\">What is refuted or not seen</th>");
    }
    page.raw("</tr></thead>\n<tbody>\n");
    for (place, row, counts) in counted {
        page.raw("<tr><th scope=\"row\">");
        link(page, place, &row.variant.name);
        page.raw("</th>");
        for (count, class) in [
            (counts.refuted, "number refuted"),
            (counts.unknown, "number"),
            (counts.proved, "number"),
        ] {
            page.raw("<td")
                .attribute("class", if count > 0 { class } else { "number quiet" });
            page.raw(">").text(&count.to_string()).raw("</td>");
        }
        if is_doubted {
            page.raw("<td>");
            open_claims(page, row);
            page.raw("</td>");
        }
        page.raw("</tr>\n");
    }
    page.raw("</tbody></table></div>\n");
    page.raw(if is_long { "</details>\n" } else { "" });
    page.raw("</section>\n");
}

/// What is refuted, in full, and what was not seen, by name.
fn open_claims(page: &mut Markup, row: &Row) {
    let Some(outcome) = &row.outcome else {
        return;
    };
    for claim in refuted(outcome) {
        page.raw("<div>≠ ")
            .text(&contradiction(claim))
            .raw("</div>");
    }
    let mut unseen: Vec<&str> = Vec::new();
    for claim in &outcome.claims {
        if claim.verdict == Verdict::Unknown && !unseen.contains(&claim.about.as_str()) {
            unseen.push(&claim.about);
        }
    }
    if !unseen.is_empty() {
        page.raw("<div class=\"quiet\">? ")
            .text(&unseen.join(", "))
            .raw("</div>");
    }
}

/// A verdict with a sign.
fn verdict(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Proved => ("chip passed", "✓ proved"),
        Verdict::Refuted => ("chip refuted", "≠ refuted"),
        Verdict::Unknown => ("chip missing", "? not seen"),
    }
}

/// The claims of one variant, what is refuted first.
pub(super) fn claims(page: &mut Markup, row: &Row, claims: &[Claim]) {
    page.raw("<details open><summary>Claims: ");
    page.text(&Evidence::of(row).words()).raw("</summary>");
    page.raw("<div class=\"wide\"><table class=\"list stack claims\"><thead><tr><th scope=\"col\">Claim</th><th scope=\"col\">Verdict</th><th scope=\"col\">Claimed</th><th scope=\"col\">Observed</th><th scope=\"col\">Evidence</th></tr></thead><tbody>");
    for claim in sorted(claims) {
        let (class, text) = verdict(claim.verdict);
        page.raw("<tr><th scope=\"row\">").text(&claim.about);
        if let Some(artifact) = &claim.artifact {
            page.raw("<br><small>").text(artifact).raw("</small>");
        }
        page.raw("</th><td><span")
            .attribute("class", class)
            .raw(">");
        page.text(text).raw("</span></td><td>");
        page.text(&claim.claimed).raw("</td><td>");
        page.text(claim.observed.as_deref().unwrap_or("–"));
        page.raw("</td><td>")
            .text(&claim.evidence)
            .raw("</td></tr>");
    }
    page.raw("</tbody></table></div></details>\n");
}
