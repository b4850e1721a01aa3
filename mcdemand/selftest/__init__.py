"""Problems of known answer, and what this installation makes of them."""
