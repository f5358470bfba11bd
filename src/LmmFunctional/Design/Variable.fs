namespace LmmFunctional.Estimation

open LmmFunctional.Model

/// <summary>A basis of functions of one number; everything it learned from the data is inside.</summary>
[<RequireQualifiedAccess>]
type internal Basis =
    /// x, x², … up to a degree.
    | Powers of degree: int
    | Orthogonal of OrthogonalPolynomial
    | Spline of Spline

/// <summary>A factor: categories, and the contrasts that code them where its mean is already in the model.</summary>
type internal Factor = {
    Categories: Categories
    Contrast: Contrast
}

/// <summary>What a variable is, once the model has met its data.</summary>
[<RequireQualifiedAccess>]
type internal VariableKind =
    | Number of NumericExpr
    | Basis of Basis * NumericExpr
    | Factor of Factor

/// <summary>A variable of a model: how it was written, R's name of it, and what it is.</summary>
type internal Variable = {
    Expr: Expr
    Name: string
    Kind: VariableKind
}

/// <summary>Values of bases.</summary>
[<RequireQualifiedAccess>]
module internal Basis =

    /// Number of columns.
    let columns basis =
        match basis with
        | Basis.Powers degree -> degree
        | Basis.Orthogonal polynomial -> polynomial.Shifts.Length
        | Basis.Spline spline -> Spline.columns spline

    /// The basis at numbers, old or new: one array for each column.
    let evaluate basis (x: float[]) : float[][] =
        match basis with
        | Basis.Powers degree ->
            (x, [ 2..degree ])
            ||> List.scan (fun power _ -> Array.map2 (*) power x)
            |> Array.ofList
        | Basis.Orthogonal polynomial -> OrthogonalPolynomial.evaluate polynomial x
        | Basis.Spline spline -> Spline.evaluate spline x

/// <summary>Questions about variables.</summary>
[<RequireQualifiedAccess>]
module internal Variable =

    /// Whether it is a factor.
    let isFactor variable =
        match variable.Kind with
        | VariableKind.Factor _ -> true
        | VariableKind.Number _
        | VariableKind.Basis _ -> false
