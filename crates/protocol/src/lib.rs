#![doc = include_str!("../README.md")]

pub mod close;
pub mod code;
pub mod decode;
pub mod digest;
pub mod entry;
pub mod envelope;
pub mod event;
pub mod fold;
pub mod frame;
pub mod id;
pub mod limits;
pub mod presence;
pub mod room;
pub mod rpc;
pub mod subject;
pub mod text;
