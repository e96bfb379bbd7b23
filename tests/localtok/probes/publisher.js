probe('initPublisher: target as element', async (t) => t.init(t.place(), {}));
