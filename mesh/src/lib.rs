#![doc = include_str!("../README.md")]

pub mod admin;
pub mod banner;
pub mod binaries;
pub mod config;
pub mod folder;
pub mod nats;
pub mod nursery;
pub mod postgres;
pub mod privilege;
pub mod probe;
pub mod run;
pub mod servers;
pub mod service;
pub mod stale;
pub mod supervise;
