/// <summary>The elements of every structure, written out from its natural parameters as textbooks have them.</summary>
module LmmFunctional.Tests.ElementTests

open System
open Expecto
open LmmFunctional.Model
open LmmFunctional.Estimation

let private m = 5

let private evaluate size structure (positions: FormPositions) seed =
    let form = StructureForm.create structure positions
    let tau = FormCases.random seed (CovarianceForm.count form) size |> Jet.constants
    let values = CovarianceForm.matrix form tau [| 0 .. m - 1 |] |> Array.map _.Value
    form.Natural tau |> Array.map _.Value, values

/// Checks a structure against a formula of its natural parameters, τ of this size.
let private againstUpTo size formula structure positions seed =
    let natural, values = evaluate size structure positions seed
    let expected = Array.init (m * m) (fun at -> formula natural (at % m) (at / m))
    Law.nearAll $"%A{structure}" (1e-11 * Array.max (Array.map abs expected)) expected values

let private against formula = againstUpTo 1.5 formula

let private levels = FormCases.line m

/// Formula of correlations after the m − 1 relative standard deviations.
let private withDeviations correlation (natural: float[]) i j =
    let deviations = Array.append [| 1.0 |] (Array.take (m - 1) natural)
    deviations[i] * deviations[j] * correlation (Array.skip (m - 1) natural) i j

let private compound (rho: float[]) i j = if i = j then 1.0 else rho[0]

let private autoregressive (rho: float[]) i j = pown rho[0] (abs (i - j))

let private lagged (rho: float[]) i j =
    let lag = abs (i - j)

    if lag = 0 then 1.0
    elif lag <= rho.Length then rho[lag - 1]
    else 0.0

let private steps (rho: float[]) i j =
    Seq.fold (fun product step -> product * rho[step]) 1.0 (seq { min i j .. max i j - 1 })

/// Correlations by columns of the lower triangle.
let private pairwise (rho: float[]) i j =
    if i = j then
        1.0
    else
        let a, b = max i j, min i j
        rho[b * m - b * (b + 1) / 2 + a - b - 1]

/// Loadings by rows of a lower trapezoid with q columns.
let private loading q (free: float[]) i k =
    let start =
        if i < q then
            i * (i + 1) / 2
        else
            q * (q + 1) / 2 + (i - q) * q

    if k <= i then free[start + k] else 0.0

let private common q free i j =
    Seq.sum (Seq.init q (fun k -> loading q free i k * loading q free j k))

/// Correlations of an ARMA process from its expansion in innovations, ψ_k.
let private expansion (phi: float[]) (theta: float[]) =
    let psi: float[] = Array.zeroCreate 2500

    for k in 0 .. psi.Length - 1 do
        let moving =
            if k = 0 then 1.0
            elif k <= theta.Length then theta[k - 1]
            else 0.0

        psi[k] <-
            moving
            + Seq.sum (Seq.init (min k phi.Length) (fun i -> phi[i] * psi[k - 1 - i]))

    let covariance lag =
        Seq.sum (Seq.init (psi.Length - lag) (fun k -> psi[k] * psi[k + lag]))

    fun i j -> covariance (abs (i - j)) / covariance 0

[<Tests>]
let tests =
    testList "ElementTests" [
        testPropertyWithConfig (Law.tries 30) "structures by level" (fun seed ->
            Law.holds [
                yield! against (fun _ i j -> if i = j then 1.0 else 0.0) Structure.Identity levels seed
                yield!
                    against (withDeviations (fun _ i j -> if i = j then 1.0 else 0.0)) Structure.Diagonal levels seed
                yield! against compound Structure.CompoundSymmetry levels seed
                yield! against (withDeviations compound) Structure.HeterogeneousCompoundSymmetry levels seed
                yield! against autoregressive Structure.Autoregressive levels seed
                yield! against (withDeviations autoregressive) Structure.HeterogeneousAutoregressive levels seed
                yield! against lagged (Structure.Toeplitz None) levels seed
                yield! against lagged (Structure.Toeplitz(Some 3)) levels seed
                yield! against (withDeviations lagged) (Structure.HeterogeneousToeplitz None) levels seed
                yield! against (withDeviations lagged) (Structure.HeterogeneousToeplitz(Some 2)) levels seed
                yield! against (withDeviations steps) Structure.AnteDependence levels seed
                yield! against (withDeviations pairwise) Structure.Unstructured levels seed
            ])

        testPropertyWithConfig (Law.tries 30) "factor-analytic structures" (fun seed ->
            let analytic q (natural: float[]) i j =
                let count = natural.Length - (m - 1)
                let first = 1.0 - natural[0] * natural[0]
                let specific = Array.append [| first |] (Array.skip count natural)
                common q natural i j + (if i = j then specific[i] else 0.0)

            let reduced q natural i j =
                common q (Array.append [| 1.0 |] natural) i j

            Law.holds [
                for q in 1..2 do
                    yield! against (analytic q) (Structure.FactorAnalytic q) levels seed
                    yield! against (reduced q) (Structure.ReducedRank q) levels seed
            ])

        testPropertyWithConfig (Law.tries 30) "spatial structures" (fun seed ->
            let positions = FormCases.plane m

            let difference i j axis =
                positions.Coordinates[i][axis] - positions.Coordinates[j][axis]

            let distance i j =
                sqrt (difference i j 0 ** 2.0 + difference i j 1 ** 2.0)

            let scaled (ranges: float[]) i j =
                if ranges.Length = 1 then
                    distance i j / ranges[0]
                else
                    sqrt ((difference i j 0 / ranges[0]) ** 2.0 + (difference i j 1 / ranges[1]) ** 2.0)

            let byRange f ranges i j = f (scaled ranges i j)

            let power (rho: float[]) i j =
                if rho.Length = 1 then
                    rho[0] ** distance i j
                else
                    rho[0] ** abs (difference i j 0) * rho[1] ** abs (difference i j 1)

            let spherical x =
                if x < 1.0 then 1.0 - 1.5 * x + 0.5 * x ** 3.0 else 0.0

            Law.holds [
                for isAnisotropic in [ false; true ] do
                    let check formula correlation =
                        against formula (Structure.Spatial(correlation, isAnisotropic)) positions seed

                    yield! check (byRange (fun x -> exp -x)) SpatialCorrelation.Exponential
                    yield! check (byRange (fun x -> exp (-x * x))) SpatialCorrelation.Gaussian
                    yield! check power SpatialCorrelation.Power
                    yield! check (byRange spherical) SpatialCorrelation.Spherical
                    yield! check (byRange (fun x -> 1.0 / (1.0 + x * x))) SpatialCorrelation.RationalQuadratic
                    yield! check (byRange (fun x -> (1.0 + x) * exp -x)) (SpatialCorrelation.Matern(Some 1.5))

                    yield!
                        check
                            (byRange (fun x -> (1.0 + x + x * x / 3.0) * exp -x))
                            (SpatialCorrelation.Matern(Some 2.5))
            ])

        testPropertyWithConfig (Law.tries 10) "autoregressive moving averages" (fun seed ->
            Law.holds [
                for p, q in [ 1, 1; 2, 1; 0, 2; 3, 0; 2, 3 ] do
                    // Nearer to a unit root the expansion would need millions of terms.
                    yield!
                        againstUpTo
                            0.8
                            (fun natural ->
                                let phi, theta = Array.splitAt p natural
                                expansion phi theta)
                            (Structure.AutoregressiveMovingAverage(p, q))
                            levels
                            seed
            ])

        testCase "derivatives of the spherical correlation away from its kink" (fun () ->
            Law.assertHolds [
                for isAnisotropic in [ false; true ] do
                    let form = SpatialSpherical.model.Form isAnisotropic (FormCases.plane m).Coordinates

                    for shift in [ -0.6; 0.07; 0.4 ] do
                        let tau = form.Start |> Array.map ((+) shift)

                        yield!
                            FormCases.differences $"{isAnisotropic} {shift}" 1e-6 tau (fun tau ->
                                CovarianceForm.matrix form tau [| 0 .. m - 1 |])
            ])

        testPropertyWithConfig (Law.tries 20) "one process by three names" (fun (seed: int) ->
            let rho = 0.01 + 0.98 * Random(seed).NextDouble()

            let positions = {
                levels with
                    Coordinates = Array.init m (fun i -> [| float i |])
            }

            let elements structure natural =
                let form = StructureForm.create structure positions
                let tau = form.Unconstrained [| natural |] |> Option.get |> Jet.constants
                CovarianceForm.matrix form tau [| 0 .. m - 1 |] |> Array.map _.Value

            let ar1 = elements Structure.Autoregressive rho
            let exponential = Structure.Spatial(SpatialCorrelation.Exponential, false)

            Law.holds [
                yield! Law.nearAll "car1" 1e-12 ar1 (elements Structure.ContinuousAutoregressive rho)
                yield! Law.nearAll "exponential" 1e-12 ar1 (elements exponential (-1.0 / log rho))
            ])

        testCase "two bands reach the limit of their order, beyond that of moving averages" (fun () ->
            let form = StructureForm.create (Structure.Toeplitz(Some 2)) (FormCases.line 3)
            let limit = 1.0 / sqrt 2.0

            Law.assertHolds [
                yield! Law.isTrue "inside" (form.Unconstrained [| 0.99 * limit |]).IsSome
                yield! Law.isTrue "outside" (form.Unconstrained [| 1.01 * limit |]).IsNone
                let far = Array.head (form.Natural [| Jet.number 1e6 |])
                yield! Law.near "far out" 1e-5 limit far.Value
            ])

        testCase "the nugget lowers every correlation and no variance" (fun () ->
            let inner = StructureForm.create Structure.Autoregressive levels
            let form = Nugget.add inner
            let tau = Array.append inner.Start [| 0.3 |] |> Jet.constants
            let nugget = (Array.last (form.Natural tau)).Value
            let element, plain = form.Element tau, inner.Element tau

            Law.assertHolds [
                for i in 0 .. m - 1 do
                    for j in 0 .. m - 1 do
                        let expected = (plain i j).Value * (if i = j then 1.0 else 1.0 - nugget)
                        yield! Law.near $"{i}, {j}" 1e-15 expected (element i j).Value
            ])
    ]
