//! What the server and the client under test share: the suite's messages, with the product's generated glue, and the
//! frames in which its runner talks to a program under test.

pub mod frame;
pub mod v1;
