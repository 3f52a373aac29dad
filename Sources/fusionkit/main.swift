print("fusionkit")
