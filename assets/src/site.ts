import { startSite } from "./core/site";

startSite();
