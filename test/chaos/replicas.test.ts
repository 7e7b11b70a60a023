import { withoutRedis } from "../fakes/redis-server.ts";
import { chaosSuite } from "./suite.ts";

chaosSuite("replicas", 16, withoutRedis);
