//! The page of an explanation.

use super::explanation::Explanation;
use super::section::{Part, Section};
use crate::report::Page;

impl Explanation {
    /// Returns the page as one HTML file that loads nothing.
    pub fn html(&self) -> String {
        let mut page = Page::new(&format!("Inside {}", self.title));
        self.add_to(&mut page);
        page.html()
    }

    fn add_to(&self, page: &mut Page) {
        for finding in &self.main_findings {
            page.lead(finding);
        }
        for section in &self.sections {
            add(section, page);
        }
        if !self.omitted.is_empty() {
            page.section("What was not examined");
            for omission in &self.omitted {
                page.paragraph(&format!("{}: {}.", omission.method, omission.reason));
            }
        }
    }
}

fn add(section: &Section, page: &mut Page) {
    page.section(section.heading);
    let mut findings = section.findings.iter();
    if let Some(first) = findings.next() {
        page.lead(first);
    }
    for finding in findings {
        page.paragraph(finding);
    }
    for part in &section.parts {
        match part {
            Part::Figures(figures) => page.figures(figures.clone()),
            Part::Table(table) => page.table(table),
            Part::Details(summary, text) => page.settings(summary, text),
        };
    }
}
