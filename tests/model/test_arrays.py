import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import array_shapes, arrays

from model.arrays import distinct


@pytest.mark.parametrize("kind", [np.int64, np.uint64, np.uint32])
@given(data=arrays(np.int64, array_shapes(min_side=0, max_dims=2), elements={"max_value": 50}))
def test_distinct_values_are_those_of_numpy(kind, data):
    values = np.abs(data).astype(kind)
    found = distinct(values)
    assert found.dtype == kind
    assert found.tolist() == sorted(set(values.ravel().tolist()))
