import { chaosSuite } from "./suite.ts";

chaosSuite("process", 40);
