fn main() {
    cfgmatrix::build_script::link_dependencies();
}
