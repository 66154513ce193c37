"""Power BI: gold pushed to a semantic model of each organization, where one is named."""
