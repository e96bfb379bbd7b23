import { HostPanel } from "./host-panel.js";
import { RoomPage } from "../call/room-page.js";

const page = new RoomPage();
new HostPanel(page.call.state);
page.open();
