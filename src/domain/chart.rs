//! A picture as data: what is to be drawn, before anybody draws it.

use serde::{Deserialize, Serialize};

/// A picture of one or more panels of bars, one above the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chart {
    /// The file's name, `coc-daily-2025-08-06.png`.
    pub name: String,
    /// What stands above.
    pub title: String,
    /// The same in words, for those who do not see it.
    pub alt: String,
    /// The panels, from the top.
    pub panels: Vec<Panel>,
}

/// Bars over one axis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Panel {
    /// What it shows, with its unit.
    pub title: String,
    /// What stands under each group of bars.
    pub labels: Vec<String>,
    /// The bars, a value for each label.
    pub series: Vec<Series>,
}

/// The bars of one colour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Series {
    /// What they are.
    pub name: String,
    /// How high each is.
    pub values: Vec<u32>,
}
