"""All methods on the same images, which none of the papers did."""
