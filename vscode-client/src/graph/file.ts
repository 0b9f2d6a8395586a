/** The page of the graph in a file of its own. The order matters: the page asks for its host as it loads. */
import "./host";
import "./page";
