//! The copy of `policy/` inside the program is made anew when a file there is added or changed.

fn main() {
    println!("cargo::rerun-if-changed=../../policy");
}
