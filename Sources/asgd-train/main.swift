print("asgd-train")
