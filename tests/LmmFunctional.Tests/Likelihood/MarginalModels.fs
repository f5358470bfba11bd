namespace LmmFunctional.Tests

open System
open System.Collections.Immutable
open FsCheck.FSharp
open MathNet.Numerics.LinearAlgebra
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Properties

/// <summary>A random model with structured residuals: small enough for dense matrices of all rows.</summary>
type StructuredModel = {
    Seed: int
    Residual: string
    Random: string
    Criterion: Criterion
    HasWeights: bool
    /// The share of visits that are missing.
    Missing: float
    /// Whether the rows come in a random order.
    IsShuffled: bool
}

/// <summary>The data and the likelihood of a structured model.</summary>
[<RequireQualifiedAccess>]
module StructuredModel =

    let formula model =
        let random = if model.Random = "" then "" else $" + {model.Random}"
        $"y ~ t + arm{random}; residual = {model.Residual}"

    let private residuals = [
        "us(visit | id)"
        "us(visit | id) per arm"
        "cs(visit | id)"
        "csh(visit | id)"
        "ar1(visit | id)"
        "ar1(visit | id) per arm"
        "arh1(visit | id)"
        "car1(t | id)"
        "arma(1,1)(visit | id)"
        "arma(2,1)(1 | id)"
        "toep(visit | id)"
        "toep(2)(visit | id)"
        "toeph(visit | id)"
        "ad1(visit | id)"
        "hf(visit | id)"
        "fa(1)(visit | id)"
        "diag(visit | id)"
        "sp_exp(t | id) + nugget"
        "sp_gau(t + u | id)"
        "sp_ratio(t + u | id)"
        "sp_mat(1.5)(t + u | id)"
        "sp_powa(t + u | id)"
        "ar1(1 | id) * varpower(z)"
        "sp_exp(t | id) * ident(arm)"
        "varexp(u)"
        "ident(visit)"
        "varconstpower(z)"
        "cs(visit | id) * varconstpower(z) * ident(arm)"
    ]

    let private randoms = [
        ""
        ""
        "(1 | id)"
        "(t | id)"
        "(t || id)"
        "(1 | site)"
        "cs(0 + visit | id)"
        "ar1(0 + visit | id)"
        "(1 | site) + (1 | id)"
    ]

    let private visits = 4

    /// The data: some subjects within two sites, up to four visits each.
    let frame model =
        let random = Random model.Seed
        let subjects = 11

        let normal () =
            sqrt (-2.0 * log (1.0 - random.NextDouble()))
            * cos (2.0 * Math.PI * random.NextDouble())

        let rows = [|
            for id in 0 .. subjects - 1 do
                let effect = normal ()
                let mutable previous = normal ()

                for visit in 0 .. visits - 1 do
                    previous <- 0.5 * previous + normal ()
                    let z = 0.5 + 2.0 * random.NextDouble()
                    let u = normal ()
                    let w = 0.25 + 2.0 * random.NextDouble()
                    let y = 10.0 + float visit + effect + z * previous

                    // The first subjects have all visits, so that every structure is determined.
                    if id < 4 || random.NextDouble() >= model.Missing then
                        id, visit, z, u, w, y
        |]

        let rows =
            if model.IsShuffled then
                rows |> Array.sortBy (fun _ -> random.Next())
            else
                rows

        let texts prefix (code: int * int * float * float * float * float -> int) =
            rows |> Array.map (fun row -> $"{prefix}{code row}") |> TestFrame.texts

        TestFrame.ofColumns [
            "id", texts "s" (fun (id, _, _, _, _, _) -> 10 + id)
            "site", texts "c" (fun (id, _, _, _, _, _) -> id % 3)
            "arm", texts "a" (fun (id, _, _, _, _, _) -> id % 2)
            "visit", texts "v" (fun (_, visit, _, _, _, _) -> visit)
            "t",
            rows
            |> Array.map (fun (_, visit, _, _, _, _) -> float visit + 0.5 * float (visit / 2))
            |> TestFrame.numbers
            "z", rows |> Array.map (fun (_, _, z, _, _, _) -> z) |> TestFrame.numbers
            "u", rows |> Array.map (fun (_, _, _, u, _, _) -> u) |> TestFrame.numbers
            "w", rows |> Array.map (fun (_, _, _, _, w, _) -> w) |> TestFrame.numbers
            "y", rows |> Array.map (fun (_, _, _, _, _, y) -> y) |> TestFrame.numbers
        ]

    let spec model =
        let spec = TestFrame.formula (formula model)

        if model.HasWeights then
            LmmSpec.withWeights "w" spec
        else
            spec

    let private orRaise result =
        match result with
        | Ok value -> value
        | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "; ")

    let likelihoodOf kind spec frame =
        Design.build spec frame |> Result.bind (LogLikelihood.create kind) |> orRaise

    let likelihood model =
        likelihoodOf model.Criterion (spec model) (frame model)

    /// The marginal model of a likelihood.
    let internal marginal (likelihood: LogLikelihood) =
        match likelihood.Method with
        | LikelihoodMethod.Marginal model -> model
        | LikelihoodMethod.Whitened engine -> engine.Model.Marginal
        | LikelihoodMethod.Separable _
        | LikelihoodMethod.Conditional _ -> invalidOp "The likelihood is not a marginal one."

    /// θ inside its space.
    let internal theta (likelihood: LogLikelihood) seed =
        let random = Random(seed: int)
        let layout = likelihood.Layout

        let ofTerms =
            match RandomModel.theta likelihood (Inside seed) with
            | plain when layout.IsPlain -> Array.ofSeq plain
            | _ ->
                Array.init layout.Parameters (fun k ->
                    let start = likelihood.Objective.Start[k]
                    start + 0.6 * (random.NextDouble() - 0.5))

        let ofResiduals =
            Array.init (likelihood.Objective.Start.Length - layout.Parameters) (fun k ->
                // A start may be near a bound, where differences of the criterion lose their digits.
                Math.Clamp(likelihood.Objective.Start[layout.Parameters + k], -1.5, 1.5)
                + 0.8 * (random.NextDouble() - 0.5))

        ImmutableArray.CreateRange(Array.append ofTerms ofResiduals)

    let gen =
        gen {
            let! seed = Gen.choose (0, 1_000_000)
            let! residual = Gen.elements residuals
            let! random = Gen.elements randoms
            let! criterion = Gen.elements [ Criterion.Ml; Criterion.Reml ]
            let! weighted = Gen.elements [ true; false; false ]
            let! missing = Gen.elements [ 0.0; 0.2; 0.4 ]
            let! shuffled = Gen.elements [ true; false ]

            return {
                Seed = seed
                Residual = residual
                Random = random
                Criterion = criterion
                HasWeights = weighted
                Missing = missing
                IsShuffled = shuffled
            }
        }

    let shrink model =
        seq {
            if model.Random <> "" then
                { model with Random = "" }

            if model.HasWeights then
                { model with HasWeights = false }

            if model.IsShuffled then
                { model with IsShuffled = false }

            if model.Missing > 0.0 then
                { model with Missing = 0.0 }

            if model.Criterion = Criterion.Reml then
                { model with Criterion = Criterion.Ml }
        }

/// <summary>Random structured models for FsCheck.</summary>
type StructuredModels =

    static member StructuredModel() =
        Arb.fromGenShrink (StructuredModel.gen, StructuredModel.shrink)

/// <summary>−2ℓ of a structured model from dense n×n matrices on the inner scale: V = Z(G ⊗ A)Z' + R, element by element.
/// </summary>
type internal DenseMarginal(likelihood: LogLikelihood, theta: ImmutableArray<float>) =
    let standard = likelihood.Standard
    let design = likelihood.Design
    let model = StructuredModel.marginal likelihood
    let n = standard.Rows
    let layout = likelihood.Layout
    let count = theta.Length

    let rowsOfAll: ResidualRows =
        let residual = design.Residual.Value

        let positions =
            (residual.Factors, Array.zeroCreate<int> n)
            ||> List.foldBack (fun axis codes ->
                Array.map2 (fun own others -> own + axis.Labels.Length * others) axis.Position codes)

        {
            Subjects =
                if residual.Factors.IsEmpty then
                    Array.init n id
                else
                    residual.SubjectCodes
            Levels =
                match residual.Levels with
                | Some(_, _, codes) -> codes
                | None -> Array.zeroCreate n
            Positions = positions
            Covariates = [|
                for _, values in residual.Variances ->
                    match values with
                    | VarianceValues.Groups(_, codes) -> Array.map float codes
                    | VarianceValues.Covariate values -> values
                    | VarianceValues.FittedValues -> Array.create n 1.0
            |]
            RootVariances =
                match standard.RootWeights with
                | Some roots -> roots |> Array.map (fun root -> 1.0 / root)
                | None -> Array.create n 1.0
        }

    /// The covariance of levels i and j of every term, up to G.
    let relationships =
        standard.Terms
        |> List.map (fun term ->
            match term.Relationship with
            | None -> Matrix<float>.Build.DenseIdentity term.Levels
            | Some relationship -> DenseRelationship.create relationship)

    /// V at a θ, every element from the definitions.
    let v (theta: ImmutableArray<float>) =
        let element =
            model.Residual.Element(Jet.constants (MarginalModel.residualParameters model theta))

        let r =
            Matrix<float>
                .Build.Dense(
                    n,
                    n,
                    fun i j ->
                        if rowsOfAll.Subjects[i] = rowsOfAll.Subjects[j] then
                            (element rowsOfAll i j).Value
                        else
                            0.0
                )

        let lambdas = ThetaLayout.matrices layout theta

        Seq.zip3 standard.Terms relationships lambdas
        |> Seq.fold
            (fun (v: Matrix<float>) (term, a: Matrix<float>, lambda) ->
                let s = term.Columns.Length
                let g = Semidefinite.square s lambda

                v
                + Matrix<float>
                    .Build.Dense(
                        n,
                        n,
                        fun i j ->
                            let related = a[term.Codes[i], term.Codes[j]]

                            if related <> 0.0 then
                                related
                                * Seq.sum (
                                    seq {
                                        for a in 0 .. s - 1 do
                                            for b in 0 .. s - 1 ->
                                                term.Columns[a][i] * g[a + b * s] * term.Columns[b][j]
                                    }
                                )
                            else
                                0.0
                    ))
            r

    let x = Matrix<float>.Build.DenseOfColumnArrays standard.Fixed
    let y = Vector<float>.Build.DenseOfArray standard.Response
    let isRestricted = (likelihood.Criterion = Criterion.Reml)
    let df = float (if isRestricted then n - x.ColumnCount else n)

    let solve theta =
        let v = v theta
        let cholesky = v.Cholesky()
        let precision = cholesky.Solve(Matrix<float>.Build.DenseIdentity n)
        let information = x.Transpose() * precision * x
        let phi = information.Inverse()
        let projection = precision - precision * x * phi * x.Transpose() * precision
        let square = y * (projection * y)

        let value =
            df * (1.0 + log (2.0 * Math.PI * square / df))
            + cholesky.DeterminantLn
            + (if isRestricted then
                   log (information.Determinant())
               else
                   0.0)

        struct (v, precision, projection, square, value)

    // Scales of y and X.
    let constant =
        2.0 * df * log standard.ResponseScale
        + (if isRestricted then -2.0 * standard.LogDeterminant else 0.0)

    let move k step = theta.SetItem(k, theta[k] + step)

    /// Central differences of fourth order.
    let difference (f: ImmutableArray<float> -> Matrix<float>) k =
        let h = 2e-3

        (8.0 * (f (move k h) - f (move k -h))
         - (f (move k (2.0 * h)) - f (move k (-2.0 * h))))
        / (12.0 * h)

    let struct (_, precision, projection, square, value) = solve theta

    let q = if isRestricted then projection else precision
    let py = projection * y
    let vdots = lazy (Array.init count (difference v))

    /// −2 log likelihood.
    member _.Criterion = value + constant

    /// −2 log likelihood at a known σ², on the inner scale.
    member _.CriterionAt(variance: float) =
        value + constant - df * (1.0 + log (2.0 * Math.PI * square / df))
        + df * log (2.0 * Math.PI * variance)
        + square / variance

    /// Scores Z'V⁻¹(y − Xβ) and what Z'V⁻¹Z takes from the covariance of the effects, of one term.
    member _.Effects(t: int) =
        let term = Array.ofList standard.Terms |> Array.item t
        let s = term.Columns.Length
        let z = Matrix<float>.Build.Dense(n, term.Levels * s)

        for i in 0 .. n - 1 do
            for a in 0 .. s - 1 do
                z[i, term.Codes[i] * s + a] <- term.Columns[a][i]

        let lambda = ThetaLayout.matrices layout theta |> Array.item t

        let g =
            Matrix<float>
                .Build.DenseOfMatrix(List.item t relationships)
                .KroneckerProduct(Matrix<float>.Build.Dense(s, s, Semidefinite.square s lambda))

        (g * (z.Transpose() * py)).ToArray(), g - g * z.Transpose() * precision * z * g

    /// U'V̇_kU, the symmetric parts of U'V̇_kV⁻¹V̇_lU and U'V̈_klU pair by pair, U = V⁻¹XL⁻ᵀ with LLᵀ = X'V⁻¹X. The last from
    /// second differences of V.
    member _.Moments =
        let l = (x.Transpose() * precision * x).Cholesky().Factor
        let u = precision * x * l.Transpose().Inverse()

        let pairs make =
            CovarianceMoments.pairs count (fun i j ->
                let own: Matrix<float> = make i j
                (0.5 * (own + own.Transpose())).ToColumnMajorArray())

        let h = 1e-3

        let second i j =
            let at (a: float) (b: float) =
                let moved = theta.SetItem(i, theta[i] + a * h)
                v (moved.SetItem(j, moved[j] + b * h))

            u.Transpose() * (at 1.0 1.0 - at 1.0 -1.0 - at -1.0 1.0 + at -1.0 -1.0) * u
            / (4.0 * h * h)

        vdots.Value
        |> Array.map (fun vdot -> (u.Transpose() * vdot * u).ToColumnMajorArray()),
        pairs (fun i j -> u.Transpose() * vdots.Value[i] * precision * vdots.Value[j] * u),
        pairs second

    /// From differences of V: tr(QV̇) − df y'PV̇Py/r².
    member _.Gradient =
        vdots.Value
        |> Array.map (fun vdot -> (q * vdot).Trace() - df * (py * (vdot * py)) / square)

    /// Without what keeps steps sound near variances of zero.
    member _.Expected =
        let products = vdots.Value |> Array.map (fun vdot -> q * vdot)
        let traces = products |> Array.map _.Trace()

        Array2D.init count count (fun k l -> (products[k] * products[l]).Trace() - traces[k] * traces[l] / df)

    /// Without it too.
    member _.Average =
        let images = vdots.Value |> Array.map (fun vdot -> vdot * py)
        let squares = images |> Array.map (fun image -> image * py / square)

        Array2D.init count count (fun k l ->
            df * (images[k] * (projection * images[l]) / square - squares[k] * squares[l]))
