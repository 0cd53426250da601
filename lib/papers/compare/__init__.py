"""All methods on the same pictures, which none of the papers did."""
