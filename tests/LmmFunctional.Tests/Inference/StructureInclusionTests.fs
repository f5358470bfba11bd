module LmmFunctional.Tests.StructureInclusionTests

open System
open LmmFunctional.Model
open LmmFunctional.Language
open LmmFunctional.Estimation
open LmmFunctional.Analysis
open Expecto

let private listed = [
    Structure.Identity
    Structure.Diagonal
    Structure.Unstructured
    Structure.CompoundSymmetry
    Structure.HeterogeneousCompoundSymmetry
    Structure.Autoregressive
    Structure.HeterogeneousAutoregressive
    Structure.ContinuousAutoregressive
    Structure.AutoregressiveMovingAverage(1, 1)
    Structure.AutoregressiveMovingAverage(2, 0)
    Structure.Toeplitz None
    Structure.Toeplitz(Some 2)
    Structure.HeterogeneousToeplitz None
    Structure.HeterogeneousToeplitz(Some 2)
    Structure.AnteDependence
    Structure.FactorAnalytic 1
    Structure.Spatial(SpatialCorrelation.Exponential, false)
    Structure.Spatial(SpatialCorrelation.Gaussian, false)
    Structure.Spatial(SpatialCorrelation.Power, false)
    Structure.Spatial(SpatialCorrelation.Spherical, false)
    Structure.Spatial(SpatialCorrelation.Matern(Some 1.5), false)
    Structure.Spatial(SpatialCorrelation.Matern None, false)
]

/// With what is new in the catalogue; on a line there is one range.
let private structures =
    let others =
        FormCases.unlisted listed
        |> List.filter (fun structure ->
            match structure with
            | Structure.Spatial(_, true)
            // Of less than full rank.
            | Structure.ReducedRank _ -> false
            | _ -> true)

    listed @ others

let private even = [| for t in 1..4 -> [| float t |] |]

let private uneven = [| [| 0.0 |]; [| 0.7 |]; [| 2.1 |]; [| 5.0 |] |]

let private formOn coordinates structure =
    StructureForm.create structure {
        Labels = [| "a"; "b"; "c"; "d" |]
        Coordinates = coordinates
    }

let private matrixOf (form: CovarianceForm) tau =
    CovarianceForm.matrix form (Jet.constants tau) [| 0..3 |] |> Array.map _.Value

/// The Cholesky factor of a matrix, 4×4 by columns.
let private factor (matrix: float[]) =
    JetCholesky.factor 4 (matrix |> Array.map Jet.number) |> Array.map _.Value

/// log |V| + tr(V⁻¹M) − log |M| − 4 with its derivatives, V = e^x₀ times the form at the other x.
let private divergence (form: CovarianceForm) (root: float[]) (x: float[]) =
    let variables = Jet.variables x
    let scale = Jet.exp variables[0]

    let lower =
        CovarianceForm.matrix form (Array.skip 1 variables) [| 0..3 |]
        |> Array.map (fun entry -> scale *. entry)
        |> JetCholesky.factor 4

    let at i j = lower[i + 4 * j]
    let mutable sum = Jet.number -4.0

    for i in 0..3 do
        sum <-
            sum
            +. Jet.scale 2.0 (Jet.log (at i i))
            +. Jet.number (-2.0 * log root[i + 4 * i])

    for column in 0..3 do
        let solved: Jet[] = Array.create 4 Jet.zero

        for i in 0..3 do
            let mutable rest = Jet.number root[i + 4 * column]

            for k in 0 .. i - 1 do
                rest <- rest -. at i k *. solved[k]

            solved[i] <- rest /. at i i
            sum <- sum +. Jet.square solved[i]

    let k = x.Length

    sum.Value, Array.init k (fun i -> Jet.derivative i sum), Array2D.init k k (fun i j -> Jet.secondDerivative i j sum)

let private guarded form root (x: float[]) =
    let value, gradient, curvature =
        if x |> Array.exists (fun v -> abs v > 60.0) then
            infinity, Array.zeroCreate x.Length, Array2D.zeroCreate x.Length x.Length
        else
            divergence form root x

    (if Double.IsFinite value then value else infinity), gradient, curvature

let private nearest (form: CovarianceForm) root =
    let names = List.init (form.Names.Length + 1) string

    CovarianceForm.starts form
    |> Seq.truncate 6
    |> Seq.map (fun start ->
        Objective.ofFunction names (0.0 :: List.ofArray start) (guarded form root)
        |> Solver.iterations SolverOptions.defaults
        |> Seq.last
        |> _.Criterion)
    |> Seq.min

/// The largest of the distances of some matrices of the smaller structure.
let private distance coordinates smaller larger =
    let random = Random 20261130
    let form = formOn coordinates smaller

    let spread () =
        1.2 * MathNet.Numerics.Distributions.Normal.Sample(random, 0.0, 1.0)

    Seq.init 5 (fun _ -> form.Start |> Array.map (fun own -> own + spread ()))
    |> Seq.map (fun tau -> nearest (formOn coordinates larger) (factor (matrixOf form tau)))
    |> Seq.max

// Of an infinite smoothness sp_gau is the limit of sp_mat, which is none of its matrices.
let private isLimit smaller larger =
    smaller = Structure.Spatial(SpatialCorrelation.Gaussian, false)
    && larger = Structure.Spatial(SpatialCorrelation.Matern None, false)

let private check coordinates = [
    for smaller, larger in Seq.allPairs structures structures do
        if not (isLimit smaller larger) then
            let found =
                StructureInclusion.find (InclusionPlaces.ofCoordinates coordinates) smaller larger

            let apart = distance coordinates smaller larger
            let name = $"{StructureText.name smaller} in {StructureText.name larger}"

            match found with
            | Some Inclusion.Interior -> yield! Law.atMost name 1e-7 apart
            // A limit is come to, not reached.
            | Some _ -> yield! Law.atMost $"{name}, at a bound" 1e-3 apart
            | None -> yield! Law.isTrue $"{name}: not in the table, but {apart:E1} apart" (apart > 1e-4)
]

let private formulas = {|
    Independent = "y ~ trt * factor(week)"
    Ar1 = "y ~ trt * factor(week); residual = ar1(week | pat)"
    Cs = "y ~ trt * factor(week); residual = cs(week | pat)"
    Us = "y ~ trt * factor(week); residual = us(week | pat)"
    Ident = "y ~ trt * factor(week); residual = ident(week)"
    Intercept = "y ~ trt * factor(week) + (1 | pat)"
|}

let private fit = Models.reml "cases/18-nested-structures"

let private test smaller larger =
    ModelComparison.test (fit smaller) (fit larger) |> Models.value

[<Tests>]
let tests =
    testList "StructureInclusionTests" [
        // The table of inclusions against numbers: of every pair of the catalogue, does the larger structure reach random
        // matrices of the smaller one? The Kullback-Leibler distance of the nearest matrix is zero where it does.

        testCase "The table of inclusions holds on even steps" (fun () -> Law.assertHolds (check even))

        testCase "The table of inclusions holds on uneven steps" (fun () -> Law.assertHolds (check uneven))

        // Case 18: likelihood ratios of structures that are nested.

        testCase "Case 18: independent residuals in AR(1), and compound symmetry in an unstructured matrix" (fun () ->
            let first = test formulas.Independent formulas.Ar1
            let second = test formulas.Cs formulas.Us

            Law.assertHolds [
                yield! Law.near "AR(1)" 5e-4 9.012 first.Statistic
                yield! Law.near "p of AR(1)" 5e-5 0.0027 first.P
                yield! Law.near "UN" 5e-4 16.859 second.Statistic
                yield! Law.near "p of UN" 5e-5 0.0316 second.P
                yield! Law.isTrue "df" (first.Df = 1 && second.Df = 8)
                yield! Law.isTrue "χ² holds" (first.Notes.IsEmpty && second.Notes.IsEmpty)
            ])

        testCase "Variances by position are in the heterogeneous and unstructured matrices of the positions" (fun () ->
            for larger in
                [
                    formulas.Us
                    "y ~ trt * factor(week); residual = csh(week | pat)"
                    "y ~ trt * factor(week); residual = diag(week | pat)"
                    "y ~ trt * factor(week); residual = ad1(week | pat)"
                ] do
                let found = test formulas.Ident larger
                Check.isEmpty found.Notes
                Expect.isGreaterThanOrEqual found.Df 0 larger)

        testCase "A variance of zero at the end of its range has a mixture" (fun () ->
            let found = test formulas.Independent formulas.Intercept

            Law.assertHolds [
                yield! Law.isTrue "mixture" (found.Mixture = [ 0.5, 0; 0.5, 1 ])
                yield! Law.relative "mixture p" 1e-12 (0.5 * found.P) (defaultArg found.MixtureP nan)
                yield!
                    Law.isTrue
                        "note"
                        (found.Notes = [
                            "the smaller model has a parameter at its bound, such as a variance of zero, where χ² is conservative: half χ² with one degree of freedom less and half χ² holds for many groups; VarianceTest gives exact and bootstrap p-values"
                        ])
            ])

        testCase "An effect of each subject is in the compound symmetry of its residuals" (fun () ->
            let found = test formulas.Intercept formulas.Cs
            Check.equal 0 found.Df
            Check.equal 8 ((test formulas.Intercept formulas.Us).Df))

        testCase "Structures that are not nested are refused in words" (fun () ->
            Check.equal
                [
                    "'y ~ 1 + trt + factor(week) + trt:factor(week); residual = ar1(week | pat)' is not nested in "
                    + "'y ~ 1 + trt + factor(week) + trt:factor(week); residual = cs(week | pat)': the residual structure of the "
                    + "larger model does not contain that of the smaller; compare the models by AIC or BIC instead of a likelihood "
                    + "ratio test."
                ]
                (ModelComparison.test (fit formulas.Ar1) (fit formulas.Cs) |> Models.words))
    ]
