import { chaosSuite } from "./suite.ts";

chaosSuite("page", 32);
