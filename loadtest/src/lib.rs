#![doc = include_str!("../README.md")]

pub mod checker;
pub mod recording;
pub mod replay;
pub mod report;
pub mod scenario;
pub mod target;
