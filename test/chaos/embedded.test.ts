import { chaosSuite } from "./suite.ts";

chaosSuite("embedded", 120);
