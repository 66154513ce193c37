"""Landing of ads data: the JSON of Meta insights and Google Ads, as the platforms return it."""
