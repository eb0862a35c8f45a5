//! JUnit's XML, written at the end.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::format::{Summary, Tested, View};
use crate::error::{Error, Kind, Result};
use crate::escape::escape;

/// Collects the results.
#[derive(Default)]
pub struct Junit {
    cases: Vec<TestCase>,
}

impl View for Junit {
    fn add(&mut self, tested: &Tested, _: u64) -> String {
        self.cases.push(case(tested));
        String::new()
    }

    fn end(&mut self, _: u64, took: Duration) -> Result<String> {
        let (mut report, mut suite) = (Report::new("p12-test"), TestSuite::new("p12-test"));
        suite.add_test_cases(std::mem::take(&mut self.cases));
        report.set_time(took).add_test_suite(suite);
        let xml = report.to_string().map_err(|error| {
            Error::new(Kind::Internal, format!("the results cannot be written as JUnit: {error}"))
        })?;
        // Jenkins' schema does not allow this attribute here, and no test is ever skipped.
        Ok(xml.replacen(" skipped=\"0\"", "", 1) + "\n")
    }
}

/// In JUnit's terms, a failure is a verdict on a certificate or an endpoint; an error is a test that could
/// not be made.
fn case(tested: &Tested) -> TestCase {
    let Summary { passed, exit, kind, what, hint, total, target } = Summary::of(&tested.outcome);
    let mut status = match (passed, exit) {
        (true, _) => TestCaseStatus::success(),
        (false, 2..=4 | 10) => TestCaseStatus::non_success(NonSuccessKind::Error),
        (false, _) => TestCaseStatus::non_success(NonSuccessKind::Failure),
    };
    if !passed {
        status.set_type(kind).set_message(escape(&what)).set_description(escape(hint));
    }
    let mut case = TestCase::new(escape(&tested.id), status);
    case.set_classname(escape(target)).set_time(total);
    case
}
