// SPDX-License-Identifier: Apache-2.0

// For numbers that have been checked: a multiple that the type can't hold traps.

extension UnsignedInteger where Self: FixedWidthInteger {
  /// The quotient, the next whole number where the division leaves a rest.
  @inlinable
  public func dividedRoundingUp(by divisor: Self) -> Self {
    self == 0 ? 0 : (self - 1) / divisor + 1
  }

  /// The smallest multiple of `unit` that is not below this number.
  @inlinable
  public func roundedUp(to unit: Self) -> Self { dividedRoundingUp(by: unit) * unit }

  /// The largest multiple of `unit` that is not above this number.
  @inlinable
  public func roundedDown(to unit: Self) -> Self { self / unit * unit }
}
