namespace LmmFunctional.Model

/// <summary>How correlation falls with distance h, with a range or decay parameter ρ.</summary>
[<RequireQualifiedAccess>]
type SpatialCorrelation =
    /// exp(−h/ρ).
    | Exponential
    /// exp(−h²/ρ²).
    | Gaussian
    /// ρ^h, 0 ≤ ρ < 1.
    | Power
    /// 1 − 1.5 h/ρ + 0.5 (h/ρ)³ for h < ρ, else 0; in up to three coordinates.
    | Spherical
    /// 1/(1 + h²/ρ²).
    | RationalQuadratic
    /// Matérn with a known smoothness ν, or one to be estimated.
    | Matern of smoothness: float option

/// <summary>The form of a covariance matrix: of the effects of one random term within a level of its grouping factor, or of
/// the residuals of one subject.</summary>
[<RequireQualifiedAccess>]
type Structure =
    /// One variance, no covariances: σ².
    | Identity
    /// Independent, each with its own variance: element (i, i) is σ²_i.
    | Diagonal
    /// Any positive semidefinite matrix: m(m+1)/2 parameters. Element (i, j) is σ_ij.
    | Unstructured
    /// One variance and one correlation, not below −1/(m−1): σ²ρ.
    | CompoundSymmetry
    /// A variance each and one correlation: σ_iσ_jρ.
    | HeterogeneousCompoundSymmetry
    /// Equally spaced in the order of the levels: σ²ρ^|i−j|.
    | Autoregressive
    /// A variance each: σ_iσ_jρ^|i−j|.
    | HeterogeneousAutoregressive
    /// In time: σ²ρ^|t_i−t_j|, 0 ≤ ρ < 1.
    | ContinuousAutoregressive
    /// The stationary process with p autoregressive and q moving average parameters: σ²γ(|i−j|).
    | AutoregressiveMovingAverage of autoregressive: int * movingAverage: int
    /// One correlation per lag, up to a number of bands (the diagonal is the first): σ²ρ_|i−j|.
    | Toeplitz of bands: int option
    /// A variance each and one correlation per lag: σ_iσ_jρ_|i−j|.
    | HeterogeneousToeplitz of bands: int option
    /// First order ante-dependence: σ_iσ_jρ_i…ρ_(j−1).
    | AnteDependence
    /// All differences have one variance, 2λ: (σ_i² + σ_j²)/2 − λ.
    | HuynhFeldt
    /// ΓΓᵀ + D, Γ m×q, D diagonal.
    | FactorAnalytic of factors: int
    /// ΓΓᵀ of rank q, Γ m×q lower trapezoidal.
    | ReducedRank of factors: int
    /// By the distance between coordinates; anisotropic with a range for each of them.
    | Spatial of correlation: SpatialCorrelation * isAnisotropic: bool
    /// The product of two, the first one's index varying fastest.
    | Kronecker of Structure * Structure
